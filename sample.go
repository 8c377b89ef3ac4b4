package echobench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/bound"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/usage"
	"github.com/echobench/echobench/payload"
)

// A sample is one server and its clients, warmed up.
type sample struct {
	cell    *cell
	host    host
	remote  remote // the host, unless the server is in this process
	clients []echo.Client
	workers []*worker
	clock   clock
	procs   int           // GOMAXPROCS at both ends
	ids     atomic.Uint64 // given out so far

	ctx   context.Context
	fail  context.CancelCauseFunc // the first cause stays
	stuck bool                    // a worker never came back
	peak  bool                    // this process's peak memory counts from open on

	latencies *hdrhistogram.Histogram // of the last run
	closed    bool
}

// open starts the server, dials and warms up. Nothing of it is left if it fails.
func (c *cell) open() (*sample, error) {
	d := contract.Describe(c.variant.Transport, c.workers)
	if err := checkFiles(d.Files); err != nil {
		return nil, err
	}
	h, err := startHost(c)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &sample{cell: c, host: h, clock: newClock(), procs: runtime.GOMAXPROCS(0), peak: usage.ResetPeak()}
	s.ctx, s.fail = context.WithCancelCause(context.Background())
	if r, ok := h.(remote); ok {
		s.remote = r
		go func() {
			select {
			case <-r.died():
				s.fail(errors.New(r.obituary()))
			case <-s.ctx.Done():
			}
		}()
	}
	if err := s.start(d.Clients); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *sample) start(clients int) error {
	if err := s.dial(clients); err != nil {
		return err
	}
	bodies := make([][]byte, min(s.cell.workers, 16))
	for i := range bodies {
		bodies[i] = payload.Body(int(s.cell.size), uint64(i))
	}
	for i := range s.cell.workers {
		w, err := s.newWorker(i, s.clients[i%clients], bodies[i%len(bodies)])
		if err != nil {
			return err
		}
		s.workers = append(s.workers, w)
	}
	return s.warmUp()
}

// warmUp has every worker echo until connections are open, buffers have grown
// and windows have opened. Every reply is checked to the last byte.
func (s *sample) warmUp() error {
	rounds := 2 + 64/uint64(s.cell.workers)
	tickets := make([]*atomic.Uint64, len(s.workers)) // their own, so that none is left out
	for i := range tickets {
		tickets[i] = new(atomic.Uint64)
	}
	return s.work(nil, tickets, func(i int, w *worker) {
		w.run(tickets[i], rounds, s.nextIDs(rounds), true)
	})
}

// share has the workers share n echoes, under b's timer.
func (s *sample) share(b *testing.B, n uint64) error {
	tickets, ids := new(atomic.Uint64), s.nextIDs(n)
	return s.work(b, []*atomic.Uint64{tickets}, func(_ int, w *worker) {
		w.run(tickets, n, ids, false)
	})
}

// nextIDs returns the id before n new ones, which no request of the sample had,
// so that a stale reply shows.
func (s *sample) nextIDs(n uint64) uint64 { return s.ids.Add(n) - n }

func (s *sample) dial(clients int) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.cell.suite.Stall)
	defer cancel()
	for i := range clients {
		client, err := s.cell.variant.Transport.Dial(ctx, s.host.addr())
		if err != nil {
			if cause := context.Cause(s.ctx); cause != nil {
				err = cause
			}
			return fmt.Errorf("dial %d of %d: %w", i+1, clients, err)
		}
		s.clients = append(s.clients, client)
	}
	return nil
}

// run is one call of the leaf: b.N echoes by exactly the cell's workers.
func (s *sample) run(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(s.cell.size))
	for _, w := range s.workers {
		w.recorder.reset()
		if w.legs != nil {
			w.legs.reset()
		}
	}
	s.clock = newClock() // anew, should the system's clock have been set
	client, server, err := s.measure(b)
	if err != nil {
		b.Fatalf("echobench: %v: %v", s.cell, err)
	}
	total, ways := s.workers[0].recorder, s.workers[0].legs
	for _, w := range s.workers[1:] {
		err := total.merge(w.recorder)
		if ways != nil {
			err = errors.Join(err, ways.merge(w.legs))
		}
		if err != nil {
			b.Fatalf("echobench: %v: %v", s.cell, err)
		}
	}
	if n := total.count(); n != int64(b.N) {
		b.Fatalf("echobench: %v: %d latencies of %d echoes", s.cell, n, b.N)
	}
	s.latencies = total.histogram

	// Last, because ResetTimer clears what was reported.
	if elapsed := b.Elapsed(); elapsed > 0 {
		b.ReportMetric(float64(b.N)/elapsed.Seconds(), "ops/s")
	}
	set := s.cell.suite.Metrics
	if set&Latency != 0 {
		total.report(b.ReportMetric)
	}
	if ways != nil {
		ways.report(b.ReportMetric)
	}
	client.report(units, set, "", b.ReportMetric)
	if server != nil {
		server.report(slices.Concat(units, serverUnits), set, "srv-", b.ReportMetric)
	}
	s.cell.load = load(client, server)
}

// measure is work between two looks at what each end has used. server is nil if
// the ends share a process; client then counts both.
func (s *sample) measure(b *testing.B) (client window, server *window, err error) {
	keys := s.cell.suite.counters
	client.ops = b.N
	if s.remote != nil {
		server = &window{ops: b.N}
		if server.before, err = s.remote.begin(keys); err != nil {
			return client, server, err
		}
	}
	var m meter
	if client.before, err = m.begin(keys); err != nil {
		return client, server, err
	}
	err = s.share(b, uint64(b.N))
	var errClient, errServer error
	client.after, errClient = m.end()
	client.elapsed = b.Elapsed()
	if !s.peak {
		delete(client.after.Levels, usage.PeakRSS)
	}
	if server != nil && err == nil {
		server.after, errServer = s.remote.end()
		server.elapsed = client.elapsed
	}
	return client, server, errors.Join(err, errClient, errServer)
}

// work runs every worker and returns the first error. b's timer, if there is a
// b, runs from when all are ready until the last is done. tickets show progress.
func (s *sample) work(b *testing.B, tickets []*atomic.Uint64, run func(int, *worker)) error {
	var (
		running atomic.Int64
		begin   = make(chan struct{})
		done    sync.WaitGroup
	)
	running.Store(int64(len(s.workers)))
	for i, w := range s.workers {
		done.Go(func() {
			defer running.Add(-1)
			<-begin
			run(i, w)
		})
	}
	finished := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(tickets, &running, finished)
	}()
	if b != nil {
		b.ResetTimer()
	}
	close(begin)
	s.wait(&done)
	if b != nil {
		b.StopTimer()
	}
	close(finished)
	<-watched
	return s.failure(running.Load())
}

// wait returns when the workers are done or, once the sample has failed, have
// had their time to notice.
func (s *sample) wait(done *sync.WaitGroup) {
	all := make(chan struct{})
	go func() {
		done.Wait()
		close(all)
	}()
	select {
	case <-all:
		return
	case <-s.ctx.Done():
	}
	timer := time.NewTimer(graceTimeout)
	defer timer.Stop()
	select {
	case <-all:
	case <-timer.C:
		s.stuck = true
	}
}

// graceTimeout is how long workers have to return once their context ended.
const graceTimeout = 3 * time.Second

// watch fails the sample when no worker has taken a ticket or ended for the
// stall time. It costs the workers nothing.
func (s *sample) watch(tickets []*atomic.Uint64, running *atomic.Int64, finished <-chan struct{}) {
	tick := time.NewTicker(s.cell.suite.Stall / 10)
	defer tick.Stop()
	var lastTickets uint64
	var lastRunning int64
	since := time.Now()
	for {
		select {
		case <-finished:
			return
		case <-s.ctx.Done():
			return
		case now := <-tick.C:
			var t uint64
			for _, taken := range tickets {
				t += taken.Load()
			}
			r := running.Load()
			if t != lastTickets || r != lastRunning {
				lastTickets, lastRunning, since = t, r, now
			} else if now.Sub(since) >= s.cell.suite.Stall {
				s.fail(fmt.Errorf("no echo finished within %v: %d of %d workers are waiting for a reply", s.cell.suite.Stall, r, len(s.workers)))
				return
			}
		}
	}
}

// failure is why the sample failed, or nil.
func (s *sample) failure(running int64) error {
	err := context.Cause(s.ctx)
	if err == nil {
		return nil
	}
	if s.stuck {
		err = fmt.Errorf("%w; %d workers have not returned %v after their context ended", err, running, graceTimeout)
	}
	if s.remote != nil {
		// A broken connection is often seen before the exit that broke it.
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		select {
		case <-s.remote.died():
			if obituary := s.remote.obituary(); err.Error() != obituary {
				err = fmt.Errorf("%w; %s", err, obituary)
			}
		case <-timer.C:
		}
	}
	return err
}

// close closes the clients, then the server. A nil or closed sample is fine.
func (s *sample) close() error {
	if s == nil || s.closed {
		return nil
	}
	s.closed = true
	defer s.fail(nil) // ends what waits for the context
	err := bound.Call(closeTimeout, func() error {
		var errs []error
		for _, w := range s.workers {
			errs = append(errs, w.close())
		}
		for _, client := range s.clients {
			if err := client.Close(); err != nil {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	})
	if err != nil {
		err = fmt.Errorf("clients: %w", err)
	}
	failed := context.Cause(s.ctx) != nil
	hostErr := s.host.close()
	if failed {
		return nil // the cell has its error; what follows from it is noise
	}
	if hostErr != nil {
		hostErr = fmt.Errorf("server: %w", hostErr)
	}
	return errors.Join(err, hostErr)
}
