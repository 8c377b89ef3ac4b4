package attack

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/echobench/echobench/internal/protocol/conns"
	"github.com/echobench/echobench/stream"
)

// An assault is an attack in progress on one server.
type assault struct {
	*target
	addr     string // of the server
	n        int
	until    time.Time     // when it stops sending
	patience time.Duration // how long it waits for a server that does not read

	held    conns.Set      // the connections
	running sync.WaitGroup // goroutines that continue to attack until done is closed
	done    chan struct{}
}

// newAssault returns an assault that sends for at most the given time.
func newAssault(tg *target, addr string, n int, duration time.Duration) *assault {
	return &assault{target: tg, addr: addr, n: n, until: time.Now().Add(duration), patience: duration / 10, done: make(chan struct{})}
}

// end ends the attack, and closes its connections.
func (a *assault) end() {
	close(a.done)
	a.held.Close()
	a.running.Wait()
}

// over reports whether it is time to stop.
func (a *assault) over() bool { return time.Now().After(a.until) }

// connect opens a connection without TLS. Its reads fail when it is time to stop.
func (a *assault) connect() (net.Conn, error) {
	conn, err := (&net.Dialer{Deadline: a.until}).Dial("tcp", a.addr)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(a.until)
	if !a.held.Add(conn) {
		return nil, net.ErrClosed
	}
	return conn, nil
}

// dial opens a connection and shakes hands if the target uses TLS.
func (a *assault) dial() (net.Conn, error) {
	conn, err := a.connect()
	if err != nil || !a.tls {
		return conn, err
	}
	secure := tls.Client(conn, stream.ClientTLS())
	return secure, secure.HandshakeContext(context.Background()) // the connection has a deadline
}

// greeted opens a connection on which the first request can be sent. Some servers wait
// until their own greeting has been answered.
func (a *assault) greeted() (net.Conn, error) {
	conn, err := a.dial()
	if err == nil {
		err = a.write(conn, []byte(a.wire.hello))
	}
	if err == nil && a.wire.greet != nil {
		err = a.wire.greet(conn)
	}
	return conn, err
}

// write writes b, or fails if the server does not read it.
func (a *assault) write(conn net.Conn, b []byte) error {
	deadline := time.Now().Add(a.patience)
	if deadline.After(a.until) {
		deadline = a.until
	}
	conn.SetWriteDeadline(deadline)
	_, err := conn.Write(b)
	return err
}

// close closes a connection of connect.
func (a *assault) close(conn net.Conn) {
	a.held.Remove(conn)
	conn.Close()
}

// each opens n connections and calls f for each of them.
func (a *assault) each(dial func() (net.Conn, error), f func(i int, conn net.Conn)) error {
	for i := range a.n {
		conn, err := dial()
		if err != nil {
			return fmt.Errorf("connection %d of %d: %w", i+1, a.n, err)
		}
		f(i, conn)
	}
	return nil
}
