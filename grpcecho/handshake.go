package grpcecho

import (
	"context"
	"net"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// connLimits are the limits of each connection of a server.
type connLimits struct {
	requests int           // bytes of requests that have not been answered
	replies  int           // bytes of the buffers of large replies that have not been sent
	first    time.Duration // until the first message begins to arrive
	idle     time.Duration // between messages; 0 means no limit
}

// limited is credentials with which each connection of a server is a serverConn. grpc
// offers no other place for a connection's wrapper that sees HTTP/2's frames when TLS
// is in use.
type limited struct {
	credentials.TransportCredentials
	limits connLimits
}

// ServerHandshake implements credentials.TransportCredentials.
func (l limited) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := l.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		return nil, nil, err
	}
	c := newServerConn(conn, l.limits)
	return c, connInfo{info, c}, nil
}

// Clone implements credentials.TransportCredentials.
func (l limited) Clone() credentials.TransportCredentials {
	return limited{l.TransportCredentials.Clone(), l.limits}
}

// A connInfo is a connection's AuthInfo, from which a call's context leads to the
// connection.
type connInfo struct {
	credentials.AuthInfo
	conn *serverConn
}

// connOf returns the connection of a call.
func connOf(ctx context.Context) *serverConn {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	info, _ := p.AuthInfo.(connInfo)
	return info.conn
}
