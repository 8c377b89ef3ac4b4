package tcp

import "net"

// A spinListener accepts spinning connections.
type spinListener struct{ net.Listener }

// Accept implements net.Listener.
func (l spinListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newSpinConn(conn)
}
