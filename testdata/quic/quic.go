// Package quic echoes over QUIC. It shows that a transport over UDP, in a module of
// its own, passes the conformance kit and can be benchmarked.
package quic

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/quic-go/quic-go"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/stream"
)

// maxSize is the largest length of the data, in bytes.
const maxSize = 1 << 20

// Transport has one QUIC connection with one stream for each worker. A message is a
// frame of package stream.
type Transport struct{}

// Name implements echo.Transport.
func (Transport) Name() string { return "quic" }

// Describe implements echo.Describer.
func (Transport) Describe(workers int) echo.Description {
	return echo.Description{
		Clients:  workers,
		Files:    workers + 1,
		MaxSize:  maxSize,
		Network:  "udp",
		Settings: "QUIC, one connection with one stream for each worker",
	}
}

// Listen implements echo.Transport.
func (Transport) Listen(addr string) (echo.Server, error) {
	conf, err := serverTLS()
	if err != nil {
		return nil, err
	}
	conn, err := stream.ListenPacket("quic", addr)
	if err != nil {
		return nil, err
	}
	l, err := quic.Listen(conn, conf, new(quic.Config))
	if err != nil {
		conn.Close()
		return nil, err
	}
	return newServer(conn, l), nil
}

// Dial implements echo.Transport.
func (Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	server, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp", nil)
	if err != nil {
		return nil, err
	}
	t := &quic.Transport{Conn: socket}
	conn, err := t.Dial(ctx, server, clientTLS(), new(quic.Config))
	if err != nil {
		t.Close()
		socket.Close()
		return nil, err
	}
	s, err := conn.OpenStreamSync(ctx)
	c := &clientConn{Stream: s, conn: conn, transport: t, socket: socket}
	if err != nil {
		c.Close()
		return nil, err
	}
	return stream.NewClient("quic", c, stream.NewFrameCodec(s, maxSize), maxSize), nil
}

// A clientConn is a stream.Conn that owns everything below its stream.
type clientConn struct {
	*quic.Stream
	conn      *quic.Conn
	transport *quic.Transport
	socket    net.PacketConn
}

// Close tells the server, and closes the socket.
func (c *clientConn) Close() error {
	c.conn.CloseWithError(0, "")
	c.transport.Close()
	return c.socket.Close()
}

func clientTLS() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"echo"}}
}
