package grpcecho

import (
	"context"
	"sync"

	"google.golang.org/grpc/mem"

	"github.com/echobench/echobench/payload"
)

// An outbox bounds the memory of the large replies of each connection that have not
// been sent. grpc bounds neither their number nor their size: a handler has finished
// when its reply is in a queue.
type outbox struct {
	mu      sync.Mutex
	waiting map[*payload.Payload]*budget // replies to be encoded, and what they have taken from
}

// largeReply is the largest encoded reply, in bytes, that an outbox does not count.
// grpc's default pool has no buffer between this size and 1 MiB, so that a reply that
// is a little larger occupies 32 times as much memory as it has data.
const largeReply = 32 << 10

// replyCost returns how many bytes of memory a reply occupies until it has been sent,
// or 0 if the outbox does not count it.
func replyCost(p *payload.Payload) int {
	n := payload.EncodedLen(p)
	if n <= largeReply {
		return 0
	}
	return max(n, 1<<20)
}

// wait waits until the connection of ctx's call has room for the reply p. The codec
// must encode p next.
func (o *outbox) wait(ctx context.Context, p *payload.Payload) error {
	n := replyCost(p)
	if n == 0 {
		return nil
	}
	c := connOf(ctx)
	if err := c.admit(ctx, len(p.Data), n); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting[p] = c.replies
	return nil
}

// pool returns a pool for the buffer of the reply p, which gives back what wait has
// taken when the buffer is returned to it.
func (o *outbox) pool(p *payload.Payload, from mem.BufferPool) mem.BufferPool {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.waiting[p]
	if b == nil {
		return from
	}
	delete(o.waiting, p)
	return &replyPool{from, b, replyCost(p)}
}

// A replyPool is the pool of the buffer of one reply.
type replyPool struct {
	mem.BufferPool
	budget *budget
	n      int
}

// Put implements mem.BufferPool.
func (p *replyPool) Put(b *[]byte) {
	p.BufferPool.Put(b)
	p.budget.give(p.n)
}
