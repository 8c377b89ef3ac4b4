package rest

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/payload"
)

// A serverConn is a connection that a server has accepted. TLS, if any, is above it.
// It closes itself if its client does not send a whole request in time.
type serverConn struct {
	net.Conn
	timer    *time.Timer
	answered atomic.Bool   // whether there was a whole request
	memory   *atomic.Int64 // bytes that further messages may occupy; nil means no limit
}

// A listener accepts connections as serverConns.
type listener struct {
	net.Listener
	first  time.Duration // how long a client may take to send its first request
	memory int64         // what the messages of a connection may occupy; 0 means no limit
}

// listener returns a listener that accepts from l.
func (t *Transport) listener(l net.Listener, limit payload.Size) *listener {
	accept := &listener{Listener: l, first: headerTimeout}
	if t.IdleTimeout > 0 {
		accept.first = min(headerTimeout, t.IdleTimeout)
	}
	if t.HTTP2 {
		accept.memory = connMessages(limit)
	}
	return accept
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &serverConn{Conn: nc}
	if l.memory > 0 {
		c.memory = new(atomic.Int64)
		c.memory.Store(l.memory)
	}
	c.timer = time.AfterFunc(l.first, func() {
		if !c.answered.Load() {
			nc.Close()
		}
	})
	return c, nil
}

// Close closes the connection.
func (c *serverConn) Close() error {
	c.timer.Stop()
	return c.Conn.Close()
}

// CloseWrite closes the writing side. With it, net/http makes sure that a client
// receives a response before its connection is closed.
func (c *serverConn) CloseWrite() error {
	if c, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// connKey is the key of the serverConn in the context of its requests.
type connKey struct{}

// connContext is the ConnContext function of an http.Server.
func connContext(ctx context.Context, c net.Conn) context.Context {
	if overTLS, ok := c.(*tls.Conn); ok {
		c = overTLS.NetConn()
	}
	return context.WithValue(ctx, connKey{}, c)
}

// connOf returns the connection of a request, or a connection without any limit if
// the request did not come from one.
func connOf(ctx context.Context) *serverConn {
	if c, ok := ctx.Value(connKey{}).(*serverConn); ok {
		return c
	}
	return new(serverConn)
}

// answer notes that a whole request is about to be answered, or to be refused because
// too many are in progress.
func (c *serverConn) answer() {
	if !c.answered.Load() {
		c.answered.Store(true)
	}
}
