package fault

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/rules/proxy"
)

// A Proxy forwards connections and makes faults on the way. Its methods may be called
// concurrently, except Close.
type Proxy struct {
	proxy  *proxy.Proxy
	plan   Plan
	conns  atomic.Int64
	made   [Kinds]atomic.Int64
	closed chan struct{}

	mu   sync.Mutex
	calm chan struct{} // closed while no faults are made
}

// Start starts a proxy on a free port of the loopback interface, or on a socket in a
// new temporary folder, which forwards connections to backend. network is "tcp" or
// "unix". The proxy makes faults from the beginning.
func Start(network, backend string, plan Plan) (*Proxy, error) {
	p := &Proxy{plan: plan, closed: make(chan struct{}), calm: make(chan struct{})}
	var err error
	p.proxy, err = proxy.StartRelay(network, backend, p.relay)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Addr returns the address on which the proxy accepts connections.
func (p *Proxy) Addr() string { return p.proxy.Addr() }

// Conns returns how many connections the proxy has forwarded so far.
func (p *Proxy) Conns() int { return int(p.conns.Load()) }

// Made returns how many faults of one kind have begun so far.
func (p *Proxy) Made(k Kind) int { return int(p.made[k].Load()) }

// End ends the faults: stalls are over, bytes pass as they come, and no fault begins.
// What has been reset or cut remains so.
func (p *Proxy) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !isClosed(p.calm) {
		close(p.calm)
	}
}

// Begin begins to make faults again after End.
func (p *Proxy) Begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if isClosed(p.calm) {
		p.calm = make(chan struct{})
	}
}

// untilCalm returns a channel that is closed when the faults end.
func (p *Proxy) untilCalm() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calm
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// Close closes all connections and waits for the proxy's goroutines. It may be called
// only once.
func (p *Proxy) Close() error {
	close(p.closed)
	return p.proxy.Close()
}

// relay forwards one connection in both directions until both have ended.
func (p *Proxy) relay(number int, client, server net.Conn) {
	p.conns.Add(1)
	limitBuffers(client)
	limitBuffers(server)
	var replies sync.WaitGroup
	replies.Go(func() {
		newPassage(p, server, client).run(p.plan(number, ToClient))
	})
	newPassage(p, client, server).run(p.plan(number, ToServer))
	replies.Wait()
}

// socketBuffer is the size of the proxy's socket buffers, in bytes. With the kernel's
// own sizes, which grow to megabytes, few senders would notice that a receiver stalls.
// Below twice the largest segment of the loopback interface, 64 KiB, segments would
// wait for TCP's timers.
const socketBuffer = 256 << 10

func limitBuffers(conn net.Conn) {
	if conn, ok := conn.(*net.TCPConn); ok {
		conn.SetReadBuffer(socketBuffer)
		conn.SetWriteBuffer(socketBuffer)
	}
}

// sleep waits for d. It returns early if the faults end, and returns false if the proxy
// is closed.
func (p *Proxy) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.untilCalm():
	case <-p.closed:
		return false
	}
	return true
}
