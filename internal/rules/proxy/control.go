package proxy

import (
	"net"
	"sync"
)

// A valve lets callers of await pass while it is open.
type valve struct {
	mu   sync.Mutex
	open chan struct{} // closed while the valve is open
}

// set opens or closes the valve.
func (v *valve) set(open bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil || v.isOpen() {
		v.open = make(chan struct{})
	}
	if open {
		close(v.open)
	}
}

func (v *valve) isOpen() bool {
	select {
	case <-v.open:
		return true
	default:
		return false
	}
}

// await waits until the valve is open. It returns false if closed is closed first.
func (v *valve) await(closed <-chan struct{}) bool {
	v.mu.Lock()
	open := v.open
	v.mu.Unlock()
	select {
	case <-open:
		return true
	case <-closed:
		return false
	}
}

// Hold stops forwarding, in both directions, bytes as well as the ends of
// connections. The proxy continues to read and to count what clients send.
func (p *Proxy) Hold() { p.passing.set(false) }

// Release forwards everything that was held back, and resumes forwarding.
func (p *Proxy) Release() { p.passing.set(true) }

// Stop stops reading from both ends, so that they can send only what fits the
// buffers of the kernel. A read that has begun may still return once; what it
// returns is counted, and forwarded after Resume.
func (p *Proxy) Stop() {
	p.reading[toServer].set(false)
	p.StopReplies()
}

// StopReplies stops reading from servers, as if the clients did not read.
func (p *Proxy) StopReplies() { p.reading[toClient].set(false) }

// Resume resumes reading after Stop or StopReplies.
func (p *Proxy) Resume() {
	p.reading[toServer].set(true)
	p.reading[toClient].set(true)
}

// HangUp makes the proxy close each connection as soon as the server has sent
// something on it, and that has been forwarded. It has no effect over UDP.
func (p *Proxy) HangUp() { p.hangUp.Store(true) }

// Cut resets all connections that are open now. The proxy accepts new ones.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		if conn, ok := conn.(*net.TCPConn); ok {
			conn.SetLinger(0) // so that Close resets the connection
		}
		conn.Close()
	}
}
