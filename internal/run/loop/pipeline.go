package loop

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/payload"
)

// A pipeline has several requests in flight: the worker sends, and a goroutine
// that it starts receives.
type pipeline struct {
	worker
	number uint64 // this worker's, from 1
	pipe   echo.Pipeline
	req    payload.Payload // the sender's
	reply  payload.Payload // the receiver's
	slots  []slot
	free   chan int // indices of the slots without a request in flight
	calls  uint64   // requests sent so far
}

// A slot holds a request in flight. The sender writes it and the receiver reads
// it. Nothing synchronizes the two but the network, so the fields are atomic.
type slot struct {
	id    atomic.Uint64
	place atomic.Uint64 // of the data in the source
	start atomic.Int64
}

// noID is the id of a slot without a request. No request has this id.
const noID = ^uint64(0)

func newPipeline(w worker, c Config) (*pipeline, error) {
	client, ok := c.Client.(echo.Pipeliner)
	if !ok {
		return nil, fmt.Errorf("depth %d: this transport's clients have no pipelines", c.Depth)
	}
	pipe, err := client.Pipeline(w.ctx, c.Depth)
	if err != nil {
		return nil, fmt.Errorf("opening a pipeline: %w", err)
	}
	p := &pipeline{
		worker: w, number: uint64(c.Worker) + 1, pipe: pipe,
		slots: make([]slot, c.Depth), free: make(chan int, c.Depth),
	}
	for i := range p.slots {
		p.slots[i].id.Store(noID)
		p.free <- i
	}
	return p, nil
}

// Close implements Loop.
func (p *pipeline) Close() error {
	defer p.worker.Close()
	return p.pipe.Close()
}

// Run implements Loop. An error of the sender or of the receiver ends the other
// one as well, through the worker's context, whose cause it becomes.
func (p *pipeline) Run(t Task) error {
	sent := make(chan struct{}, len(p.slots)) // a value for each request in flight
	received := make(chan struct{})
	go func() {
		defer close(received)
		if err := p.receive(t, sent); err != nil {
			p.cancel(err)
		}
	}()
	if err := p.send(t, sent); err != nil {
		p.cancel(err)
	}
	close(sent)
	<-received
	return context.Cause(p.ctx)
}

func (p *pipeline) send(t Task, sent chan<- struct{}) error {
	for t.Tickets.Add(1) <= t.Total {
		var i int
		select {
		case i = <-p.free:
		case <-p.ctx.Done():
			return nil // Run returns the cause
		}
		p.calls++
		place := p.source.Take()
		p.req.Id, p.req.Data = p.id(p.calls, i), p.source.At(place)
		start := t.Clock.now()
		p.req.Timestamp = t.Clock.wall(start)
		p.slots[i].place.Store(place)
		p.slots[i].start.Store(start)
		p.slots[i].id.Store(p.req.Id)
		sent <- struct{}{}
		if err := p.pipe.Send(&p.req); err != nil {
			return err
		}
	}
	return nil
}

func (p *pipeline) receive(t Task, sent <-chan struct{}) error {
	var want payload.Payload
	for range sent {
		err := p.pipe.Receive(&p.reply)
		end := t.Clock.now()
		if err != nil {
			return err
		}
		i := p.slotOf(p.reply.Id)
		want.Id, want.Data = p.slots[i].id.Load(), p.source.At(p.slots[i].place.Load())
		if err := contract.Verify(&want, &p.reply, t.EveryByte || p.reply.Id%contract.WholeEvery == 0); err != nil {
			return err
		}
		p.slots[i].id.Store(noID) // so that a second reply to the request is an error
		p.latencies.record(t.Clock, p.slots[i].start.Load(), end, &p.reply)
		p.free <- i
	}
	return nil
}

// id returns the id of a request: it differs from all other requests' of all
// workers, and contains the number of its slot.
func (p *pipeline) id(call uint64, slot int) uint64 {
	return p.number<<48 + call*uint64(len(p.slots)) + uint64(slot)
}

// slotOf returns the slot of the request with the given id. An id that is not the
// id of any request yields an arbitrary slot, which has another id.
func (p *pipeline) slotOf(id uint64) int {
	return int((id - p.number<<48) % uint64(len(p.slots)))
}
