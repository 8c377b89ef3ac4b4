// Package link simulates a network link with distance between the two ends of a
// transport over TCP: a delay, a bandwidth that all connections share, and a queue
// of bounded length. It needs no privileges, because it is a TCP proxy.
//
// The TCP connections end at the proxy. What the link shows is therefore how a
// protocol's own round trips, windows and shared connections behave over a
// distance. It does not show TCP's own congestion control or loss: data is never
// dropped, and TCP's slow start takes place on loopback.
package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Files is how many descriptors a Link has open beside the two of each connection: its
// listener, and on Linux a timer for each of its Sleepers.
const Files = 5

// A Link forwards the connections that are made to it.
type Link struct {
	backend  string
	listener net.Listener
	running  sync.WaitGroup
	ctx      context.Context // ends with the link
	cancel   context.CancelFunc
	to, from *direction // the backend

	mu    sync.Mutex
	conns map[net.Conn]bool // the connections of both sides; nil after Close
}

// Start starts a link to the TCP address backend, on a free port of the loopback
// interface. The proxy's own time is subtracted from the delay, so that a bare
// round trip takes the RTT of the configuration. Start fails if that RTT is
// shorter than the proxy alone takes.
func Start(backend string, c Config) (*Link, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("tcp", backend, dialTimeout)
	if err != nil {
		return nil, fmt.Errorf("link: a link needs a transport over TCP, and nothing accepts TCP connections at %q: %w", backend, err)
	}
	conn.Close()
	floor, err := measureFloor()
	if err != nil {
		return nil, fmt.Errorf("link: measuring the time that the proxy itself takes: %w", err)
	}
	if c.RTT < floor {
		return nil, fmt.Errorf("link %v: the RTT is less than the %v that the proxy itself takes", c, floor)
	}
	return start(backend, c, (c.RTT-floor)/2)
}

// start starts a link with the given delay in each direction.
func start(backend string, c Config, delay time.Duration) (*Link, error) {
	l := &Link{backend: backend, conns: map[net.Conn]bool{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	if err := l.listen(c, delay); err != nil {
		l.cancel()
		return nil, fmt.Errorf("link: %w", err)
	}
	l.running.Go(l.to.deliver)
	l.running.Go(l.from.deliver)
	l.running.Go(l.accept)
	return l, nil
}

// listen prepares both directions and listens. If it fails, it leaves nothing behind.
func (l *Link) listen(c Config, delay time.Duration) (err error) {
	if l.to, err = newDirection(c, delay, l.ctx.Done()); err != nil {
		return err
	}
	if l.from, err = newDirection(c, delay, l.ctx.Done()); err == nil {
		if l.listener, err = net.Listen("tcp", "127.0.0.1:0"); err == nil {
			return nil
		}
		l.from.release()
	}
	l.to.release()
	return err
}

// Addr returns the address on which the link accepts connections.
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Close closes all connections, drops the data that is on the way, and waits for
// the link's goroutines. It may be called only once.
func (l *Link) Close() error {
	l.cancel()
	l.mu.Lock()
	for conn := range l.conns {
		conn.Close()
	}
	l.conns = nil
	l.mu.Unlock()
	err := l.listener.Close()
	l.running.Wait()
	return errors.Join(err, l.to.release(), l.from.release())
}

func (l *Link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		if l.add(client) {
			l.running.Go(func() {
				l.serve(client)
				l.remove(client)
			})
		}
	}
}

// add registers conn, so that Close closes it. If the link is closed already, add
// closes conn and returns false.
func (l *Link) add(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		conn.Close()
		return false
	}
	l.conns[conn] = true
	return true
}

func (l *Link) remove(conn net.Conn) {
	conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, conn)
}

// serve forwards a connection until both directions have ended. The client's first
// byte leaves one RTT after the connection was made, as it would after TCP's
// handshake over the link.
func (l *Link) serve(client net.Conn) {
	handshake := time.NewTimer(l.to.delay + l.from.delay)
	defer handshake.Stop()
	select {
	case <-handshake.C:
	case <-l.ctx.Done():
		return
	}
	server, err := net.DialTimeout("tcp", l.backend, dialTimeout)
	if err != nil || !l.add(server) {
		return
	}
	defer l.remove(server)
	var replies sync.WaitGroup
	replies.Go(func() { l.forward(l.from, server, client) })
	l.forward(l.to, client, server)
	replies.Wait()
}

const dialTimeout = 5 * time.Second
