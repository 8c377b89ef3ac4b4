package rest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/protocol/conns"
)

// A dialer opens the connections of one client and can close them all: an
// http.Transport closes only those that are idle, but a Client's Close must also
// end the calls in flight.
type dialer struct {
	open   conns.Set
	dialed atomic.Int64

	closing context.Context // ends when close is called
	cancel  context.CancelFunc

	mu     sync.Mutex
	inUse  int           // dials in progress, and connections that the http.Transport has not closed
	unused chan struct{} // closed when inUse reaches 0 after close was called
}

// A conn is a connection that a dialer opened.
type conn struct {
	net.Conn
	dialer *dialer
	closed sync.Once
}

func newDialer() *dialer {
	d := &dialer{unused: make(chan struct{})}
	d.closing, d.cancel = context.WithCancel(context.Background())
	return d
}

// dial is the DialContext function of an http.Transport.
func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if !d.begin() {
		return nil, fmt.Errorf("dial: %w", net.ErrClosed)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.closing, cancel)()
	var nd net.Dialer
	nc, err := nd.DialContext(ctx, network, addr)
	if err == nil && !d.open.Add(nc) {
		err = fmt.Errorf("dial: %w", net.ErrClosed)
	}
	if err != nil {
		d.end()
		return nil, err
	}
	return &conn{Conn: nc, dialer: d}, nil
}

// begin counts one more dial, unless close has been called.
func (d *dialer) begin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing.Err() != nil {
		return false
	}
	d.inUse++
	d.dialed.Add(1)
	return true
}

// end undoes begin.
func (d *dialer) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inUse--
	if d.inUse == 0 && d.closing.Err() != nil {
		close(d.unused)
	}
}

// dials returns how many connections have been dialled so far.
func (d *dialer) dials() int64 { return d.dialed.Load() }

// Close closes the connection. The http.Transport calls it when it has no more
// use for the connection.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.closed.Do(func() {
		c.dialer.open.Remove(c.Conn)
		c.dialer.end()
	})
	return err
}

// closeTimeout is how long close waits for the http.Transport. net/http drops a
// connection without closing it if it does not support the protocol, for example
// HTTP/2 without TLS with GODEBUG=http2client=0.
const closeTimeout = time.Second

// close ends the dials in progress, closes every connection and waits until the
// http.Transport has closed them too, which means that it does not use them any more.
// It may be called once.
func (d *dialer) close() {
	d.mu.Lock()
	d.cancel()
	inUse := d.inUse
	d.mu.Unlock()
	d.open.Close()
	if inUse == 0 {
		return
	}
	select {
	case <-d.unused:
	case <-time.After(closeTimeout):
	}
}
