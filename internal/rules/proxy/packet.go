package proxy

import (
	"errors"
	"net"
	"net/netip"
)

const (
	maxPacket = 64 << 10 // bytes
	maxQueue  = 1024     // packets; the proxy drops what exceeds it, as a network would
)

// acceptPackets serves the packets that arrive at conn.
func (p *Proxy) acceptPackets(conn *net.UDPConn) {
	flows := map[netip.AddrPort]*flow{}
	buf := make([]byte, maxPacket)
	for p.reading[toServer].await(p.closed) {
		n, client, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // the error belongs to an earlier packet, which nobody received
		}
		f := flows[client]
		if f == nil {
			if f = p.newFlow(conn, client); f == nil {
				return
			}
			flows[client] = f
		}
		f.record(buf[:n])
		if !p.reading[toServer].await(p.closed) {
			return
		}
		f.requests.put(buf[:n])
	}
}

// A flow is what one client address exchanges with the backend.
type flow struct {
	record   func([]byte)
	requests queue
}

// newFlow starts a flow. It returns nil if the proxy is closed or if there is no
// descriptor left.
func (p *Proxy) newFlow(conn *net.UDPConn, client netip.AddrPort) *flow {
	f := &flow{record: p.traffic.recorder(), requests: make(queue, maxQueue)}
	if p.backend == "" {
		return f
	}
	server, err := net.Dial("udp", p.backend)
	if err != nil {
		p.fail(err)
		return nil
	}
	if !p.add(server) {
		return nil
	}
	replies := make(queue, maxQueue)
	p.running.Go(func() { p.deliver(f.requests, func(b []byte) { server.Write(b) }) })
	p.running.Go(func() { p.deliver(replies, func(b []byte) { conn.WriteToUDPAddrPort(b, client) }) })
	p.running.Go(func() { p.readReplies(server, replies) })
	return f
}

// readReplies reads what the backend sends to one client.
func (p *Proxy) readReplies(server net.Conn, replies queue) {
	buf := make([]byte, maxPacket)
	for p.reading[toClient].await(p.closed) {
		n, err := server.Read(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // nobody listened when an earlier packet arrived
		}
		p.traffic.countReply(buf[:n])
		if !p.reading[toClient].await(p.closed) {
			return
		}
		replies.put(buf[:n])
	}
}

// deliver writes the queue's packets while they may pass, until the proxy is
// closed.
func (p *Proxy) deliver(packets queue, write func([]byte)) {
	for {
		select {
		case b := <-packets:
			if !p.passing.await(p.closed) {
				return
			}
			write(b)
		case <-p.closed:
			return
		}
	}
}

// A queue holds packets that have been read.
type queue chan []byte

// put adds a copy of b, or drops it if the queue is full.
func (q queue) put(b []byte) {
	select {
	case q <- append([]byte(nil), b...):
	default:
	}
}
