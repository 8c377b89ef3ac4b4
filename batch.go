package echobench

import (
	"fmt"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
)

// A batch is a worker's loop where each call carries several messages. It is
// measured per message: each waited for the whole call.
type batch struct {
	*worker
	client        echo.Batcher
	reqs, replies []*payload.Payload
}

func newBatch(w *worker, size int) (*batch, error) {
	client, ok := w.client.(echo.Batcher)
	if !ok {
		return nil, fmt.Errorf("batch %d: this transport's clients send no batches", size)
	}
	b := &batch{worker: w, client: client}
	for range size {
		b.reqs = append(b.reqs, &payload.Payload{Data: w.req.Data})
		b.replies = append(b.replies, new(payload.Payload))
	}
	return b, nil
}

func (b *batch) run(tickets *atomic.Uint64, n, ids uint64, checkAll bool) {
	clock := b.sample.clock
	size := uint64(len(b.reqs))
	for {
		last := tickets.Add(size)
		first := last - size + 1
		if first > n {
			return
		}
		count := min(last, n) - first + 1 // the last batch may be a short one
		reqs, replies := b.reqs[:count], b.replies[:count]
		start := clock.now()
		for i, req := range reqs {
			req.Id = ids + first + uint64(i)
			req.Timestamp = clock.wall(start)
		}
		err := b.client.EchoBatch(b.ctx, reqs, replies)
		end := clock.now()
		for i := range reqs {
			if err == nil {
				err = contract.Verify(reqs[i], replies[i], checkAll || reqs[i].Id%checkEvery == 0)
			}
			if err != nil {
				b.sample.fail(err)
				return
			}
			b.record(start, end, replies[i])
		}
	}
}
