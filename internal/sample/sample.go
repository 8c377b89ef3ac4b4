// Package sample is the engine of the benchmarks. A sample is one server with its
// clients and workers, which are connected and warmed up. It measures echoes, in a
// closed loop or at a rate, and closes.
//
// Samples differ: a server may be twice as fast as the next one of the same build, for
// as long as it runs. So every repetition, and each side of a comparison, has a sample of
// its own. With a shared one, the speed of one server would look like a difference between
// builds, or would not show at all.
package sample

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/internal/run/child"
	"github.com/echobench/echobench/internal/run/link"
	"github.com/echobench/echobench/internal/run/loop"
	"github.com/echobench/echobench/internal/run/openloop"
	"github.com/echobench/echobench/payload"
)

// A Config says what a sample consists of, and how it is measured.
type Config struct {
	Variant echo.Variant
	Size    payload.Size // of the data of each request
	Workers int
	Idle    int          // further clients, which are connected and silent
	Link    link.Config  // between the two ends; the zero value means none
	Child   *child.Order // the process in which the server runs; nil means this one

	// PerSecond is the rate at which requests arrive, and Percent the rate as a
	// percentage of what the sample makes in a closed loop. If both are 0, the loop is
	// closed.
	PerSecond, Percent float64

	Arrivals openloop.Arrivals // at a rate
	Overload bool              // the rate may exceed what the system can do

	Metrics  units.Set
	Counters []string // hardware counters and system calls

	CPUProfile, HeapProfile bool // profiles of each measurement

	Stall    time.Duration // after which a sample without a finished echo fails, beyond the time that the link takes
	Findings *Findings     // about the variants; nil if there are none
}

// linkTime is an upper bound of how long the link takes for one echo of each worker, with
// the round trips that precede it on a new connection.
func (c Config) linkTime() time.Duration {
	const trips, overhead = 4, 1 << 10 // overhead is in bytes, for each request
	t := trips * c.Link.RTT
	if c.Link.Rate > 0 {
		requests := c.Workers * max(1, c.Variant.Batch, c.Variant.Depth)
		bits := 8 * float64(requests) * float64(c.Size+overhead)
		t += time.Duration(trips * bits / float64(c.Link.Rate) * float64(time.Second))
	}
	return t
}

// A Sample is one server with its clients and workers, which are warmed up. Its
// methods are called by one goroutine.
type Sample struct {
	config  Config
	server  server
	process process    // the server, if it is a process of its own; else nil
	link    *link.Link // between the clients and the server, or nil
	addr    string     // that the clients dial
	clients []echo.Client
	idle    idle
	bodies  *bodies.Bodies   // that the workers send
	sources []*bodies.Source // of the clients
	closed  *closedLoop      // of the workers
	open    *openLoop        // of the workers; nil before the first arrivals at a rate
	percent float64          // arrivals a second that Config.Percent stands for
	peak    bool             // the peak memory of this process counts from Open on
	lastID  uint64           // of the requests so far
	ctx     context.Context
	fail    context.CancelCauseFunc // the first cause is the sample's error
}

// Open starts the server, dials and warms up. If it fails, it leaves nothing behind.
// The end of ctx ends the sample.
func Open(ctx context.Context, c Config) (*Sample, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c.Stall += c.linkTime()
	if err := c.Findings.usable(c.Variant); err != nil {
		return nil, err
	}
	d := contract.Describe(c.Variant.Transport, c.Workers)
	if d.Unavailable != nil {
		c.Findings.abandon(c.Variant, d.Unavailable)
		return nil, d.Unavailable
	}
	if err := c.checkFiles(d); err != nil {
		return nil, err
	}
	if err := c.Findings.check(ctx, c.Variant); err != nil {
		return nil, err
	}
	srv, err := startServer(ctx, c)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // which may have ended the server process, too
		}
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Sample{config: c, server: srv, peak: usage.ResetPeak()}
	s.ctx, s.fail = context.WithCancelCause(ctx)
	if p, ok := srv.(process); ok {
		s.process = p
		go s.failWith(p)
	}
	if err := s.prepare(d.Clients); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// With calls f with a new sample, checks the transport again, and closes the sample.
func With(ctx context.Context, c Config, f func(*Sample) error) error {
	runtime.GC() // so that this sample does not collect what the last one left behind
	s, err := Open(ctx, c)
	if err != nil {
		return err
	}
	if err = f(s); err == nil {
		err = s.Recheck()
	}
	if closeErr := s.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("closing: %w", closeErr))
	}
	return err
}

// prepare connects the given number of clients and warms up. It also measures the capacity
// if the rate is a percentage of it.
func (s *Sample) prepare(clients int) error {
	for _, step := range []func() error{
		s.startLink,
		s.openIdle,
		func() error { return s.dial(clients) },
		s.startWorkers,
		s.warmUp,
		s.startRecheck,
		s.findRate,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// failWith fails the sample when the server's process ends before the sample does.
func (s *Sample) failWith(p process) {
	select {
	case <-p.Ended():
		s.fail(errors.New(p.HowItEnded()))
	case <-s.ctx.Done():
	}
}

// startLink puts the link between the clients and the server.
func (s *Sample) startLink() (err error) {
	s.addr = s.server.Addr()
	if s.config.Link == (link.Config{}) {
		return nil
	}
	if s.link, err = link.Start(s.addr, s.config.Link); err != nil {
		return err
	}
	s.addr = s.link.Addr()
	return nil
}

func (s *Sample) startWorkers() error {
	c := s.config
	s.bodies = bodies.New(int(c.Size), c.Workers, len(s.clients))
	for range s.clients {
		s.sources = append(s.sources, s.bodies.NewSource())
	}
	s.closed = &closedLoop{s: s, latencies: loop.NewLatencies(c.Workers, c.Metrics&units.Legs != 0)}
	for i := range c.Workers {
		l, err := s.newLoop(loop.Config{
			Client:    s.clients[i%len(s.clients)],
			Worker:    i,
			Source:    s.sources[i%len(s.sources)],
			Latencies: s.closed.latencies[i%len(s.closed.latencies)],
			Batch:     c.Variant.Batch,
			Depth:     c.Variant.Depth,
		})
		if err != nil {
			return err
		}
		s.closed.workers = append(s.closed.workers, l)
	}
	return nil
}

// newLoop returns a loop. It does not wait for a Pipeline that hangs.
func (s *Sample) newLoop(c loop.Config) (loop.Loop, error) {
	if c.Depth == 0 {
		return loop.New(s.ctx, c)
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.config.Stall)
	defer cancel()
	return await(ctx, s.config.Findings, s.config.Variant, "Pipeline",
		func() (loop.Loop, error) { return loop.New(s.ctx, c) },
		func(late loop.Loop) { late.Close() })
}

// newIDs reserves n ids that no request of the sample has had, so that a late
// reply to an earlier request is noticed. It returns the id before the first.
func (s *Sample) newIDs(n uint64) (base uint64) {
	base = s.lastID
	s.lastID += n
	return base
}

// Close closes the workers and clients, and then the server. It does not hang.
func (s *Sample) Close() error {
	defer s.fail(nil) // ends what waits for the context
	err := awaitClose(max(closeTimeout, s.config.Stall), s.config.Findings, s.config.Variant, "Close of a Client", s.closeClients)
	if err != nil {
		err = fmt.Errorf("clients: %w", err)
	}
	failed := context.Cause(s.ctx) != nil
	var linkErr error
	if s.link != nil {
		linkErr = s.link.Close()
	}
	serverErr := errors.Join(linkErr, s.server.Close())
	if failed {
		return nil // the sample's error has been returned; these are only consequences
	}
	if serverErr != nil {
		serverErr = fmt.Errorf("server: %w", serverErr)
	}
	return errors.Join(err, serverErr)
}
