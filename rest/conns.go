package rest

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// conns are the connections of one client. http.Transport closes only those
// that are idle; a Client's Close must end calls in flight too.
type conns struct {
	ctx    context.Context // ends when close is called
	cancel context.CancelFunc
	live   sync.WaitGroup // dials and open connections

	mu     sync.Mutex
	open   map[*conn]struct{} // nil once closed
	dialed int
}

// A conn is a connection that conns know until it is closed.
type conn struct {
	net.Conn
	of   *conns
	once sync.Once
}

func newConns() *conns {
	cs := &conns{open: map[*conn]struct{}{}}
	cs.ctx, cs.cancel = context.WithCancel(context.Background())
	return cs
}

// dial is http.Transport's DialContext.
func (cs *conns) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	cs.mu.Lock()
	if cs.open == nil {
		cs.mu.Unlock()
		return nil, fmt.Errorf("dial: %w", net.ErrClosed)
	}
	cs.live.Add(1)
	cs.dialed++
	cs.mu.Unlock()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(cs.ctx, cancel)()
	var d net.Dialer
	nc, err := d.DialContext(ctx, network, addr)
	if err != nil {
		cs.live.Done()
		return nil, err
	}
	c := &conn{Conn: nc, of: cs}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open == nil {
		nc.Close()
		cs.live.Done()
		return nil, fmt.Errorf("dial: %w", net.ErrClosed)
	}
	cs.open[c] = struct{}{}
	return c, nil
}

// dials is how many connections were dialled so far.
func (cs *conns) dials() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.dialed
}

// Close is called by http.Transport when it has no more use for c.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.of.mu.Lock()
		delete(c.of.open, c)
		c.of.mu.Unlock()
		c.of.live.Done()
	})
	return err
}

// close closes every connection, dials in progress included, and waits until
// http.Transport has noticed.
func (cs *conns) close() {
	cs.mu.Lock()
	open := cs.open
	cs.open = nil
	cs.mu.Unlock()
	cs.cancel()
	for c := range open {
		c.Conn.Close()
	}
	cs.live.Wait()
}
