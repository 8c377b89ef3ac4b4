package loop

import (
	"fmt"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/payload"
)

// A batch sends several messages with each call. Every message has the latency
// of the whole call.
type batch struct {
	worker
	client        echo.Batcher
	reqs, replies []*payload.Payload
}

func newBatch(w worker, c Config) (*batch, error) {
	client, ok := c.Client.(echo.Batcher)
	if !ok {
		return nil, fmt.Errorf("batch %d: this transport's clients cannot send batches", c.Batch)
	}
	b := &batch{worker: w, client: client}
	for range c.Batch {
		b.reqs = append(b.reqs, new(payload.Payload))
		b.replies = append(b.replies, new(payload.Payload))
	}
	return b, nil
}

// Run implements Loop. The last batch of a task may be shorter than the others.
func (b *batch) Run(t Task) error {
	size := uint64(len(b.reqs))
	for {
		last := t.Tickets.Add(size)
		first := last - size + 1
		if first > t.Total {
			return nil
		}
		count := min(last, t.Total) - first + 1
		if err := b.echo(t, t.BaseID+first, count); err != nil {
			return err
		}
	}
}

// echo sends one batch of count messages. The first has the given id.
func (b *batch) echo(t Task, id, count uint64) error {
	reqs, replies := b.reqs[:count], b.replies[:count]
	start := t.Clock.now()
	for i, req := range reqs {
		req.Id = id + uint64(i)
		req.Data = b.source.Next(req.Id)
		req.Timestamp = t.Clock.wall(start)
	}
	if err := b.client.EchoBatch(b.ctx, reqs, replies); err != nil {
		return err
	}
	end := t.Clock.now()
	for i, req := range reqs {
		if err := contract.Verify(req, replies[i], t.EveryByte || req.Id%contract.WholeEvery == 0); err != nil {
			return err
		}
		b.latencies.record(t.Clock, start, end, replies[i])
	}
	return nil
}
