package grpcecho

import (
	"net"
	"time"

	"github.com/echobench/echobench/internal/protocol/conns"
)

// A listener closes the connections that may be in their handshake when it is closed.
// grpc.Server.Stop first waits for these, and a client that sends nothing would delay
// it for handshakeTimeout. Accept returns the connections of the net.Listener as they
// are, because grpc sets TCP_USER_TIMEOUT only for a *net.TCPConn.
type listener struct {
	net.Listener
	recent conns.Set // what was accepted within handshakeTimeout
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if !l.recent.Add(conn) {
		return nil, net.ErrClosed
	}
	time.AfterFunc(handshakeTimeout, func() { l.recent.Remove(conn) })
	return conn, nil
}

// Close implements net.Listener. A second Close does nothing and returns nil.
func (l *listener) Close() error {
	if !l.recent.Close() {
		return nil
	}
	return l.Listener.Close()
}
