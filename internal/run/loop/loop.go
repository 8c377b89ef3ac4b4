// Package loop contains the workers of a benchmark. A worker sends requests on a
// client, verifies the replies and records how long each took. There are three
// kinds of loop: one request at a time, batches, and a pipeline. All are closed
// loops: a worker waits for replies before it sends further requests. A [Pinger]
// has a loop of its own.
package loop

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/payload"
)

// A Loop is one worker. Its methods are called by one goroutine at a time.
type Loop interface {
	// Run sends messages until the task has no tickets left, and returns the first
	// error. Run returns soon after the loop's context ended.
	Run(Task) error

	// Close releases what the loop opened on the client, but not the client itself.
	Close() error
}

// A Task is a number of echoes, which one loop makes or several loops share.
type Task struct {
	Tickets   *atomic.Uint64 // how many echoes have been begun
	Total     uint64         // how many to make
	BaseID    uint64         // the first request has the id after this one
	Clock     Clock
	EveryByte bool // compare every byte of every reply

	// Refused, if not nil, counts the requests that the server refuses, which are then
	// no errors. Only the loop that sends one request at a time supports it.
	Refused *atomic.Int64
}

// countRefusal counts err and returns true if err is a refusal and t counts refusals.
func (t *Task) countRefusal(err error) bool {
	if t.Refused == nil || !errors.Is(err, echo.ErrRefused) {
		return false
	}
	t.Refused.Add(1)
	return true
}

// A Config says how a loop works.
type Config struct {
	Client       echo.Client
	Worker       int            // this worker's number, from 0
	Source       *bodies.Source // the data of the requests on the client
	Latencies    *Latencies     // where Run records latencies
	Batch, Depth int            // as in echo.Variant
}

// New returns a new loop, whose calls end when ctx ends.
func New(ctx context.Context, c Config) (Loop, error) {
	w := worker{source: c.Source, latencies: c.Latencies}
	// Workers that share a context contend for its lock, so each has its own.
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	var l Loop
	var err error
	switch {
	case c.Batch > 0:
		l, err = newBatch(w, c)
	case c.Depth > 0:
		l, err = newPipeline(w, c)
	case isPinger(c.Client):
		l = &pings{worker: w, client: c.Client.(Pinger)}
	default:
		l = &single{worker: w, client: c.Client}
	}
	if err != nil {
		w.cancel(err)
		return nil, err
	}
	return l, nil
}

// A worker is what the three kinds of loop have in common.
type worker struct {
	ctx       context.Context
	cancel    context.CancelCauseFunc
	source    *bodies.Source
	latencies *Latencies
}

// Close implements Loop.
func (w *worker) Close() error {
	w.cancel(errors.New("the worker has been closed"))
	return nil
}

// A single sends one request at a time.
type single struct {
	worker
	client     echo.Client
	req, reply payload.Payload
}

// Run implements Loop. It neither allocates nor locks.
//
// It reads the clock once for each echo: a request is sent as soon as the reply to the
// one before has been verified and recorded, so that the end of one latency is the
// start of the next. It reads the clock again only if every byte was compared, which
// takes long for large data.
func (s *single) Run(t Task) error {
	start := t.Clock.now()
	for {
		ticket := t.Tickets.Add(1)
		if ticket > t.Total {
			return nil
		}
		s.req.Id = t.BaseID + ticket
		s.req.Data = s.source.Next(s.req.Id)
		s.req.Timestamp = t.Clock.wall(start)
		err := s.client.Echo(s.ctx, &s.req, &s.reply)
		end := t.Clock.now()
		everyByte := t.EveryByte || ticket%contract.WholeEvery == 0
		if err == nil {
			err = contract.Verify(&s.req, &s.reply, everyByte)
		}
		if err != nil {
			if t.countRefusal(err) {
				start = end
				continue
			}
			return err
		}
		s.latencies.record(t.Clock, start, end, &s.reply)
		start = end
		if everyByte {
			start = t.Clock.now()
		}
	}
}

// A Clock reads the time since it was created, in nanoseconds, from the monotonic
// clock.
type Clock struct {
	base time.Time
	unix int64 // of base, in nanoseconds
}

// NewClock returns a Clock that reads 0 now.
func NewClock() Clock {
	base := time.Now()
	return Clock{base, base.UnixNano()}
}

func (c Clock) now() int64 { return int64(time.Since(c.base)) }

// wall converts a reading to Unix time in nanoseconds.
func (c Clock) wall(reading int64) int64 { return c.unix + reading }
