package proxy

import (
	"context"
	"fmt"
	"sync"
)

// maxRecorded is how many bytes of each connection are recorded.
const maxRecorded = 64 << 10

// The traffic of a proxy is what has crossed it.
type traffic struct {
	mu      sync.Mutex
	bytes   [2]int
	streams [][]byte      // the beginning of what each client has sent
	changed chan struct{} // closed and replaced when bytes changes
}

// recorder returns a function that counts and records what a new client sends.
func (t *traffic) recorder() func([]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := len(t.streams)
	t.streams = append(t.streams, nil)
	return func(b []byte) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.streams[i] = append(t.streams[i], b[:min(len(b), maxRecorded-len(t.streams[i]))]...)
		t.count(toServer, len(b))
	}
}

// countReply counts bytes that a server has sent.
func (t *traffic) countReply(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(toClient, len(b))
}

// count adds n bytes. The caller holds the lock.
func (t *traffic) count(d direction, n int) {
	t.bytes[d] += n
	close(t.changed)
	t.changed = make(chan struct{})
}

// Sent returns how many bytes clients have sent so far, including those that are
// held back. Over UDP, the headers of IP and UDP do not count.
func (p *Proxy) Sent() int { return p.traffic.get(toServer) }

// Received returns how many bytes servers have sent so far, as Sent does for
// clients.
func (p *Proxy) Received() int { return p.traffic.get(toClient) }

func (t *traffic) get(d direction) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes[d]
}

// AwaitSent waits until clients have sent at least n bytes since Start. If ctx
// ends first, the error matches ctx's error.
func (p *Proxy) AwaitSent(ctx context.Context, n int) error {
	t := &p.traffic
	for {
		t.mu.Lock()
		sent, changed := t.bytes[toServer], t.changed
		t.mu.Unlock()
		if sent >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("proxy: clients have sent %d bytes, want %d: %w", sent, n, ctx.Err())
		}
	}
}

// Streams returns what each client has sent, in the order in which the clients
// connected: at most the first 64 KiB of each connection.
func (p *Proxy) Streams() [][]byte {
	t := &p.traffic
	t.mu.Lock()
	defer t.mu.Unlock()
	streams := make([][]byte, len(t.streams))
	for i, s := range t.streams {
		streams[i] = append([]byte(nil), s...)
	}
	return streams
}
