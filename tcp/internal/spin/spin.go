// Package spin makes connections whose Read polls, without ever sleeping in the kernel,
// which shortens a small round trip. Each waiting connection keeps a processor busy.
package spin

import "net"

// NewListener returns a listener that accepts polling connections from l.
func NewListener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return NewConn(c)
}
