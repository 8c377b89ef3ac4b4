package echobench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/bound"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/link"
	"github.com/echobench/echobench/internal/loop"
	"github.com/echobench/echobench/internal/openloop"
	"github.com/echobench/echobench/internal/steady"
	"github.com/echobench/echobench/internal/units"
	"github.com/echobench/echobench/internal/usage"
	"github.com/echobench/echobench/payload"
)

// A sample is one server with its clients and workers, which are warmed up.
type sample struct {
	host      host
	link      *link.Link // between the clients and the host, or nil
	addr      string     // that the clients dial
	process   process    // the host, if it is a process of its own; else nil
	clients   []echo.Client
	idle      idle
	loops     []loop.Loop        // one for each worker
	latencies []*loop.Latencies  // of the workers
	bodies    [][]byte           // that the workers send
	size      payload.Size       // of the bodies
	callers   []*openloop.Worker // the workers in an open loop; nil before the first
	trace     *steady.Trace      // of an open loop
	offered   offer              // what measure offers; without a rate, the loop is closed
	procs     int                // GOMAXPROCS at both ends
	peak      bool               // the peak memory of this process counts from openSample on
	stall     time.Duration      // after which the sample fails
	lastID    uint64             // of the requests so far
	ctx       context.Context
	fail      context.CancelCauseFunc // the first cause is the sample's error
}

// openSample starts the server, dials and warms up. If it fails, it leaves nothing
// behind. The end of ctx ends the sample.
func openSample(ctx context.Context, c cell) (*sample, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	d := contract.Describe(c.variant.Transport, c.workers)
	if err := c.checkFiles(d); err != nil {
		return nil, err
	}
	if err := c.rules.check(c.variant); err != nil {
		return nil, err
	}
	h, err := startHost(c)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // which may have ended the server process, too
		}
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &sample{host: h, size: c.size, offered: c.offered(), procs: runtime.GOMAXPROCS(0), peak: usage.ResetPeak(), stall: c.stall}
	s.ctx, s.fail = context.WithCancelCause(ctx)
	if p, ok := h.(process); ok {
		s.process = p
		go s.failWith(p)
	}
	if err := s.prepare(c, d.Clients); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// prepare connects so many clients, warms up, and finds out what has to be known before
// a measurement.
func (s *sample) prepare(c cell, clients int) error {
	for _, step := range []func() error{
		func() error { return s.startLink(c.link) },
		func() error { return s.openIdle(c) },
		func() error { return s.dial(c.variant.Transport, clients) },
		func() error { return s.startWorkers(c) },
		s.warmUp,
		func() error { return c.startRecheck(s) },
		func() error { return s.findRate(c.rate.Percent) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// withSample calls f with a fresh sample of the cell, and closes it. Samples differ: a
// server may be twice as fast as the next one of the same build, for as long as it runs.
// If what is compared or repeated shared one sample, its luck would count as a
// difference, or would go unnoticed.
func (c cell) withSample(ctx context.Context, f func(*sample) error) error {
	runtime.GC() // so that this sample does not collect what the last one left behind
	opened, err := openSample(ctx, c)
	if err != nil {
		return err
	}
	if err = f(opened); err == nil {
		err = c.recheck(opened)
	}
	if closeErr := opened.close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("closing: %w", closeErr))
	}
	return err
}

// failWith fails the sample when the server's process ends before the sample does.
func (s *sample) failWith(p process) {
	select {
	case <-p.Ended():
		s.fail(errors.New(p.HowItEnded()))
	case <-s.ctx.Done():
	}
}

// bodiesMost is how many different bodies the workers of a sample send.
const bodiesMost = 16

func (s *sample) startWorkers(c cell) error {
	s.bodies = make([][]byte, min(c.workers, bodiesMost))
	for i := range s.bodies {
		s.bodies[i] = payload.Body(int(c.size), uint64(i))
	}
	s.latencies = loop.NewLatencies(c.workers, c.metrics&units.Legs != 0)
	for i := range c.workers {
		l, err := loop.New(s.ctx, loop.Config{
			Client:    s.clients[i%len(s.clients)],
			Worker:    i,
			Body:      s.bodies[i%len(s.bodies)],
			Latencies: s.latencies[i%len(s.latencies)],
			Batch:     c.variant.Batch,
			Depth:     c.variant.Depth,
		})
		if err != nil {
			return err
		}
		s.loops = append(s.loops, l)
	}
	return nil
}

// close closes the workers and clients, and then the server.
func (s *sample) close() error {
	defer s.fail(nil) // ends what waits for the context
	err := bound.Call(closeTimeout, s.closeClients)
	if err != nil {
		err = fmt.Errorf("clients: %w", err)
	}
	failed := context.Cause(s.ctx) != nil
	hostErr := errors.Join(s.closeLink(), s.host.Close())
	if failed {
		return nil // the cell has reported its error; these are only consequences
	}
	if hostErr != nil {
		hostErr = fmt.Errorf("server: %w", hostErr)
	}
	return errors.Join(err, hostErr)
}
