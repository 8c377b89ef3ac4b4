// Package proxy provides a proxy for tests, over TCP, Unix domain sockets or UDP.
// A [Proxy] forwards connections, counts and records the bytes that cross it, and
// can hold them back, stop reading, or cut connections. A test uses it to keep a
// call in flight, to see what a client sends, or to be a peer that misbehaves.
package proxy

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/internal/base/tempdir"
)

// A Proxy forwards the connections that are made to it. If it has no backend, it
// accepts connections, reads from them and never answers. Over UDP, everything
// that one client address sends counts as a connection. Its methods may be called
// concurrently, except Close.
type Proxy struct {
	network, backend string
	relay            Relay // nil to forward
	listener         io.Closer
	addr             string
	folder           string // of the socket, if the network is unix
	running          sync.WaitGroup
	closed           chan struct{}

	passing valve    // open while bytes that were read may pass
	reading [2]valve // open while the proxy reads, for each direction
	hangUp  atomic.Bool
	traffic traffic

	mu    sync.Mutex
	conns map[io.Closer]bool
	err   error // the first error of accepting a connection or of connecting to the backend
}

// A direction says to which end bytes go.
type direction int

const (
	toServer direction = iota
	toClient
)

// Start starts a proxy on a free port of the loopback interface. It forwards
// connections to the TCP address backend, or to nothing if backend is empty.
func Start(backend string) (*Proxy, error) { return StartNetwork("tcp", backend) }

// StartNetwork is Start for the network "tcp", "udp" or "unix". Over unix, the
// proxy listens on a socket in a new temporary folder, which Close removes.
func StartNetwork(network, backend string) (*Proxy, error) {
	p := &Proxy{network: network, backend: backend}
	return p, p.start()
}

// A Relay passes what a client and the server send to each other, and returns when
// it has finished with both. number is 0 for the first connection that the proxy has
// accepted. The proxy closes both ends after the Relay has returned, and at Close.
type Relay func(number int, client, server net.Conn)

// StartRelay is StartNetwork for the network "tcp" or "unix", with a relay that is
// called for each connection, in a goroutine of its own, instead of forwarding it.
// Nothing is counted or recorded, and of the Proxy's methods only Addr, Cut and Close
// have an effect.
func StartRelay(network, backend string, relay Relay) (*Proxy, error) {
	p := &Proxy{network: network, backend: backend, relay: relay}
	return p, p.start()
}

// start starts the proxy, whose network, backend and relay are set.
func (p *Proxy) start() error {
	p.closed, p.conns = make(chan struct{}), map[io.Closer]bool{}
	p.traffic.changed = make(chan struct{})
	for _, v := range []*valve{&p.passing, &p.reading[toServer], &p.reading[toClient]} {
		v.set(true)
	}
	if err := p.listen(); err != nil {
		p.removeFolder()
		return fmt.Errorf("proxy: %w", err)
	}
	return nil
}

// listen starts to listen and to serve.
func (p *Proxy) listen() (err error) {
	addr := "127.0.0.1:0"
	switch p.network {
	case "udp":
		conn, err := net.ListenPacket("udp", addr)
		if err != nil {
			return err
		}
		p.listener, p.addr = conn, conn.LocalAddr().String()
		p.running.Go(func() { p.acceptPackets(conn.(*net.UDPConn)) })
		return nil
	case "unix":
		const socket = "/socket"
		if p.folder, err = tempdir.New("proxy-", len(socket)); err != nil {
			return err
		}
		addr = p.folder + socket
	}
	l, err := net.Listen(p.network, addr)
	if err != nil {
		return err
	}
	p.listener, p.addr = l, l.Addr().String()
	p.running.Go(func() { p.accept(l) })
	return nil
}

func (p *Proxy) removeFolder() error {
	if p.folder == "" {
		return nil
	}
	return os.RemoveAll(p.folder)
}

// Addr returns the address on which the proxy accepts connections.
func (p *Proxy) Addr() string { return p.addr }

// add registers conn, so that Close closes it. If the proxy is closed already,
// add closes conn and returns false.
func (p *Proxy) add(conn io.Closer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closed:
		conn.Close()
		return false
	default:
		p.conns[conn] = true
		return true
	}
}

// fail keeps the first error, unless the proxy is closed.
func (p *Proxy) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closed:
	default:
		p.err = cmp.Or(p.err, err)
	}
}

// Err returns the first error of accepting a connection or of connecting to the backend,
// because of which a connection was not forwarded. It returns nil if there was none.
func (p *Proxy) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// remove closes conn and removes it from the registered ones.
func (p *Proxy) remove(conn io.Closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	conn.Close()
	delete(p.conns, conn)
}

// Close closes all connections, drops the bytes that are held back, and waits
// for the proxy's goroutines. It may be called only once.
func (p *Proxy) Close() error {
	p.mu.Lock()
	close(p.closed)
	for conn := range p.conns {
		conn.Close()
	}
	p.mu.Unlock()
	err := p.listener.Close()
	p.running.Wait()
	if folderErr := p.removeFolder(); err == nil {
		err = folderErr
	}
	return err
}
