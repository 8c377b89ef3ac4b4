package openloop

import (
	"context"
	"errors"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/payload"
)

// A Worker sends requests when they are due. Its methods are called by one goroutine
// at a time.
type Worker struct {
	ctx        context.Context
	cancel     context.CancelFunc
	client     echo.Client
	source     *bodies.Source // the data of the requests on the client
	req, reply payload.Payload
	last       call          // before the first call, only done is set, to when Run began
	wake       chan struct{} // has a value when a worker in the queue is woken
}

// A call is a request that has been answered.
type call struct {
	arrival
	made       bool  // and not yet recorded
	refused    bool  // by the server
	sent, done int64 // readings of the clock
	answered   int64 // the reply's timestamp, in Unix time
}

// NewWorker returns a Worker that sends the data of the source on the client. Its calls
// end when ctx ends, or after Close.
func NewWorker(ctx context.Context, client echo.Client, source *bodies.Source) *Worker {
	w := &Worker{client: client, source: source, wake: make(chan struct{}, 1)}
	// Workers that share a context contend for its lock, so each has its own.
	w.ctx, w.cancel = context.WithCancel(ctx)
	return w
}

// Close releases the worker's context, but not its client.
func (w *Worker) Close() { w.cancel() }

// Run sends requests until all of the load's arrivals have been taken, and returns
// the first error. Run returns soon after the worker's context has ended.
func (w *Worker) Run(l *Load) error {
	w.last = call{done: l.clock.Now()}
	for {
		a, ok := l.take(w)
		if !ok {
			return context.Cause(w.ctx)
		}
		if err := w.echo(l, a); err != nil {
			return err
		}
	}
}

// echo makes the call of an arrival.
func (w *Worker) echo(l *Load, a arrival) error {
	w.req.Id = l.BaseID + 1 + uint64(a.index)
	w.req.Data = w.source.Next(w.req.Id)
	sent := l.clock.Now()
	w.req.Timestamp = l.wall(sent)
	err := w.client.Echo(w.ctx, &w.req, &w.reply)
	w.last = call{arrival: a, made: true, sent: sent, done: l.clock.Now(), answered: w.reply.Timestamp}
	switch {
	case err == nil:
	case l.Refusals && errors.Is(err, echo.ErrRefused):
		w.last.refused = true
		return nil
	default:
		return err
	}
	return contract.Verify(&w.req, &w.reply, a.index%contract.WholeEvery == 0)
}
