package tcp

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"

	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp/internal/spin"
)

// listen returns a listener for the kind of socket that the options ask for.
func (t *Transport) listen(addr string) (net.Listener, error) {
	listen := stream.Listen
	if t.Unix {
		listen = stream.ListenUnix
	}
	l, err := listen("tcp", addr)
	if err == nil && t.Spin {
		l = spin.NewListener(l)
	}
	return l, err
}

// serverTLS returns the TLS configuration of a new server, or nil without TLS.
func (t *Transport) serverTLS() (*tls.Config, error) {
	if !t.TLS {
		return nil, nil
	}
	config, err := stream.ServerTLS()
	if err != nil {
		return nil, fmt.Errorf("tcp: %w", err)
	}
	return config, nil
}

// dial connects to the server at addr. The client reads from and writes to wire,
// which is conn or TLS over it. It closes conn and not wire, because tls.Conn.Close
// first sends an alert, which can block for 5 s while the server does not read.
func (t *Transport) dial(ctx context.Context, addr string) (conn net.Conn, wire io.ReadWriter, err error) {
	dial := stream.Dial
	if t.Unix {
		dial = stream.DialUnix
	}
	conn, err = dial(ctx, "tcp", addr)
	if err == nil && t.Spin {
		conn, err = spin.NewConn(conn)
	}
	if err != nil {
		return nil, nil, err
	}
	wire, err = t.prepare(ctx, conn)
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("tcp: %w", err)
	}
	return conn, wire, nil
}

// prepare sets the socket's options and, with TLS, makes the handshake.
func (t *Transport) prepare(ctx context.Context, conn net.Conn) (wire io.ReadWriter, err error) {
	if err := t.tune(conn); err != nil {
		return nil, err
	}
	if !t.TLS {
		return conn, nil
	}
	client := tls.Client(conn, stream.ClientTLS())
	return client, client.HandshakeContext(ctx)
}

// tune sets the socket's options. Package net has already set TCP_NODELAY.
func (t *Transport) tune(conn net.Conn) error {
	if outer, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = outer.NetConn()
	}
	socket, ok := conn.(interface {
		SetReadBuffer(bytes int) error
		SetWriteBuffer(bytes int) error
	})
	if !ok {
		return nil
	}
	if t.SocketReadBuffer > 0 {
		if err := socket.SetReadBuffer(int(t.SocketReadBuffer)); err != nil {
			return err
		}
	}
	if t.SocketWriteBuffer > 0 {
		if err := socket.SetWriteBuffer(int(t.SocketWriteBuffer)); err != nil {
			return err
		}
	}
	if tcp, ok := conn.(*net.TCPConn); ok && t.Nagle {
		return tcp.SetNoDelay(false)
	}
	return nil
}

// network returns the Network of the Description.
func (t *Transport) network() string {
	if t.Unix {
		return "unix"
	}
	return "tcp"
}
