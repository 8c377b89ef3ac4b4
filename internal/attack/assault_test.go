package attack

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/conns"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/stream"
)

// An attack is something that hostile clients do to a server.
type attack struct {
	name string

	// n is how many connections, resets or streams it makes, multiplied by the scale.
	n int

	// each is how much memory each of them may take on the server's heap, in bytes. If it
	// is 0, each connection may take what the target says.
	each int

	// single means that all of them use one connection at a time.
	single bool

	// begin attacks and returns when the attack is in place, with everything that it
	// opened still open.
	begin func(a *assault) error

	// spares returns why the attack does not apply to a target, or "".
	spares func(tg *target) string

	// limit, if not 0, is the limit on the server's file descriptors.
	limit int
}

// An assault is an attack in progress on one server.
type assault struct {
	target
	transport echo.Transport
	addr      string // of the server
	n         int
	patience  time.Duration // how long a client waits until the server reads on

	held    conns.Set      // the connections
	running sync.WaitGroup // goroutines that continue to attack until done is closed
	done    chan struct{}
}

func newAssault(tg *target, addr string, n int, patience time.Duration) *assault {
	return &assault{target: *tg, transport: transports()[tg.variant], addr: addr, n: n, patience: patience, done: make(chan struct{})}
}

// end ends the attack, and closes its connections.
func (a *assault) end() {
	close(a.done)
	a.held.Close()
	a.running.Wait()
}

// network returns the server's network and its address without a key.
func (a *assault) network() (network, addr string) {
	network = contract.Describe(a.transport, 1).Network
	if network == "tcp" {
		addr, _, _ := strings.Cut(a.addr, "/")
		return network, addr
	}
	return network, a.addr
}

// connect opens a connection without TLS. If a Unix domain socket has no room for
// another connection, Linux refuses it at once, and connect tries again.
func (a *assault) connect() (net.Conn, error) {
	network, addr := a.network()
	conn, err := net.DialTimeout(network, addr, testkit.Hang)
	for end := time.Now().Add(testkit.Hang); errors.Is(err, syscall.EAGAIN) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
		conn, err = net.Dial(network, addr)
	}
	if err != nil {
		return nil, err
	}
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
	config := stream.ClientTLS()
	if a.wire.http2 != nil {
		config.NextProtos = []string{"h2"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Hang)
	defer cancel()
	secure := tls.Client(conn, config)
	return secure, secure.HandshakeContext(ctx)
}

// greeted opens a connection on which the first request can be sent. Some servers wait
// until their own greeting has been answered.
func (a *assault) greeted() (net.Conn, error) {
	conn, err := a.dial()
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(testkit.Hang))
	conn.Write([]byte(a.wire.hello)) // the server may have cut the connection
	if a.wire.greet != nil {
		err = a.wire.greet(conn)
	}
	return conn, err
}

// close closes a connection of connect or dial.
func (a *assault) close(conn net.Conn) {
	raw := conn
	if secure, ok := conn.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	a.held.Remove(raw)
	raw.Close()
}

// each opens n connections and calls f for each of them.
func (a *assault) each(dial func() (net.Conn, error), f func(i int, conn net.Conn)) error {
	for i := range a.n {
		conn, err := dial()
		if err != nil {
			return err
		}
		conn.SetWriteDeadline(time.Now().Add(testkit.Hang))
		f(i, conn)
	}
	return nil
}

// everything is the spares function of an attack that applies to all targets.
func everything(*target) string { return "" }

// needsRequests is the spares function of an attack that sends requests.
func needsRequests(tg *target) string {
	if tg.wire.first == nil {
		return "behind the handshake of " + tg.wire.name + ", which only the library performs"
	}
	return ""
}
