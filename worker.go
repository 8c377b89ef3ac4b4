package echobench

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
)

// A worker is one closed loop: it sends, waits for the reply, and sends again.
type worker struct {
	sample     *sample
	index      int
	client     echo.Client
	ctx        context.Context
	cancel     context.CancelFunc
	req, reply payload.Payload
	recorder   recorder
	legs       *legs // nil unless asked for

	batch    *batch    // nil unless the Suite has a Batch
	pipeline *pipeline // nil unless it has a Depth
}

func (s *sample) newWorker(index int, client echo.Client, body []byte) (*worker, error) {
	w := &worker{sample: s, index: index, client: client, recorder: newRecorder()}
	// A context each, so that they don't meet at its lock.
	w.ctx, w.cancel = context.WithCancel(s.ctx)
	w.req.Data = body
	suite := s.cell.suite
	if suite.Metrics&Legs != 0 {
		w.legs = newLegs()
	}
	var err error
	switch {
	case s.cell.variant.Batch > 0:
		w.batch, err = newBatch(w, s.cell.variant.Batch)
	case s.cell.variant.Depth > 0:
		w.pipeline, err = newPipeline(w, s.cell.variant.Depth)
	}
	if err != nil {
		w.cancel()
		return nil, err
	}
	return w, nil
}

func (w *worker) close() error {
	defer w.cancel()
	if w.pipeline != nil {
		return w.pipeline.Close()
	}
	return nil
}

// run takes tickets until there are none.
func (w *worker) run(tickets *atomic.Uint64, n, ids uint64, checkAll bool) {
	switch {
	case w.batch != nil:
		w.batch.run(tickets, n, ids, checkAll)
	case w.pipeline != nil:
		w.pipeline.run(tickets, n, checkAll)
	default:
		w.echo(tickets, n, ids, checkAll)
	}
}

// checkEvery is how often a reply's data is compared to the last byte; its id
// and length are checked every time.
const checkEvery = 64

// echo is run, one request at a time. Nothing here allocates or locks.
func (w *worker) echo(tickets *atomic.Uint64, n, ids uint64, checkAll bool) {
	clock := w.sample.clock
	for {
		ticket := tickets.Add(1)
		if ticket > n {
			return
		}
		w.req.Id = ids + ticket
		start := clock.now()
		w.req.Timestamp = clock.wall(start)
		err := w.client.Echo(w.ctx, &w.req, &w.reply)
		end := clock.now()
		if err == nil {
			err = contract.Verify(&w.req, &w.reply, checkAll || ticket%checkEvery == 0)
		}
		if err != nil {
			w.sample.fail(err)
			return
		}
		w.record(start, end, &w.reply)
	}
}

// record keeps the latency of a reply to what was sent at start, by the clock.
func (w *worker) record(start, end int64, reply *payload.Payload) {
	w.recorder.record(end - start)
	if w.legs != nil {
		clock := w.sample.clock
		w.legs.record(clock.wall(start), reply.Timestamp, clock.wall(end))
	}
}

// A clock reads nanoseconds since it was made, with one monotonic reading.
type clock struct{ base time.Time }

func newClock() clock { return clock{time.Now()} }

func (c clock) now() int64 { return int64(time.Since(c.base)) }

// wall is the Unix time of a reading, in nanoseconds.
func (c clock) wall(reading int64) int64 { return c.base.UnixNano() + reading }
