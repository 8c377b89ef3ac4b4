package echobench

import (
	"fmt"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
)

// A pipeline is a worker's loop with several requests in flight: the worker
// sends, and a goroutine of its own receives.
type pipeline struct {
	*worker
	echo.Pipeline
	slots []slot
	free  chan int      // indices of slots with nothing in flight
	sent  chan struct{} // one for each request in flight
	calls uint64
}

// A slot is a request in flight. The sender writes it and the receiver reads
// it, with nothing but the network between them.
type slot struct {
	id    atomic.Uint64
	start atomic.Int64
}

// nobody is an id that no request has.
const nobody = ^uint64(0)

func newPipeline(w *worker, depth int) (*pipeline, error) {
	client, ok := w.client.(echo.Pipeliner)
	if !ok {
		return nil, fmt.Errorf("depth %d: this transport's clients have no pipelines", depth)
	}
	opened, err := client.Pipeline(w.ctx, depth)
	if err != nil {
		return nil, fmt.Errorf("opening a pipeline: %w", err)
	}
	p := &pipeline{worker: w, Pipeline: opened, slots: make([]slot, depth), free: make(chan int, depth)}
	for i := range depth {
		p.slots[i].id.Store(nobody)
		p.free <- i
	}
	return p, nil
}

func (p *pipeline) run(tickets *atomic.Uint64, n uint64, checkAll bool) {
	p.sent = make(chan struct{}, len(p.slots))
	received := make(chan struct{})
	go func() {
		defer close(received)
		p.receive(checkAll)
	}()
	p.send(tickets, n)
	close(p.sent)
	<-received
}

func (p *pipeline) send(tickets *atomic.Uint64, n uint64) {
	clock := p.sample.clock
	depth := uint64(len(p.slots))
	for tickets.Add(1) <= n {
		var i int
		select {
		case i = <-p.free:
		case <-p.ctx.Done():
			return
		}
		// Unique among all workers, never used before, and it names its slot.
		p.calls++
		p.req.Id = uint64(p.index+1)<<48 + p.calls*depth + uint64(i)
		start := clock.now()
		p.req.Timestamp = clock.wall(start)
		p.slots[i].start.Store(start)
		p.slots[i].id.Store(p.req.Id)
		p.sent <- struct{}{}
		if err := p.Send(&p.req); err != nil {
			p.sample.fail(err)
			return
		}
	}
}

func (p *pipeline) receive(checkAll bool) {
	clock := p.sample.clock
	base := uint64(p.index+1) << 48
	want := payload.Payload{Data: p.req.Data}
	for range p.sent {
		err := p.Receive(&p.reply)
		end := clock.now()
		if err != nil {
			p.sample.fail(err)
			return
		}
		i := int((p.reply.Id - base) % uint64(len(p.slots)))
		want.Id = p.slots[i].id.Load()
		if err := contract.Verify(&want, &p.reply, checkAll || p.reply.Id%checkEvery == 0); err != nil {
			p.sample.fail(err)
			return
		}
		p.slots[i].id.Store(nobody) // a second reply to it would be wrong
		p.record(p.slots[i].start.Load(), end, &p.reply)
		p.free <- i
	}
}
