// Package soak tries transports under faults for a given time: many callers of
// each transport reach its server by way of a proxy that resets, cuts, stalls and slows
// down their connections at random. A [Soak] checks that
//
//   - every Echo, Dial and Close returns in time,
//   - no reply is wrong, and no error either: it matches that of the context or
//     echo.ErrTooLarge only if there is a reason,
//   - the server serves a client that does not use the proxy meanwhile,
//   - new clients work soon after the faults have ended,
//   - and nothing is left: goroutines, file descriptors, memory.
package soak

import (
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
)

// A Soak is what to try, and for how long.
type Soak struct {
	Variants []echo.Variant // all at the same time
	Seed     uint64         // of the faults, and of what callers do
	Length   time.Duration  // how long faults are made, in all
	Phases   int            // into how many equal phases Length is divided; 0 means 1
	Callers  int            // of each variant

	// Slack is how much later than the end of its context an Echo or a Dial may
	// return, and how long a Close may take. The other limits are multiples of it. On a
	// machine that does nothing else, a second is enough for all of them.
	Slack time.Duration

	// Timeout is the longest timeout of the contexts of an Echo and a Dial that pass
	// through the faults; 0 means 3 seconds.
	Timeout time.Duration

	// Strict makes Slack the limit for Echo, Dial and Close on any machine. Otherwise
	// ten times the longest delay of a timer is allowed in addition,
	// because a machine that is busy with other processes delays everything.
	Strict bool
}

// recovery is how soon after the end of the faults new clients must work.
func (s *Soak) recovery() time.Duration { return 2 * s.Slack }

// settling is how soon after the end of the clients nothing of them may be left.
func (s *Soak) settling() time.Duration { return 4 * s.Slack }

// success is how soon a call that does not meet faults must succeed.
func (s *Soak) success() time.Duration { return 4 * s.Slack }

// A Result is what a Soak has found.
type Result struct {
	Failures []string // each with its variant and the seed
	Report   string   // a table of what happened, and what was held at the rests
}

// memoryPhases is the number of phases from which the memory is compared, between the
// middle and the end. The earlier phases fill buffers that are used again, such as those
// of a server's workers, which keep the size of the largest message.
const memoryPhases = 3

// Run runs the soak. After each phase all clients are closed, and what the process then
// holds is compared with what it held before.
func (s Soak) Run() Result {
	if s.Timeout == 0 {
		s.Timeout = 3 * time.Second
	}
	r := &run{Soak: s, failures: failures{seed: s.Seed}}
	openPoller()
	before := readHoldings()
	stop := r.lag.watch()
	r.start()
	if len(r.failures.list) == 0 {
		r.phases()
	}
	r.close()
	stop()
	if !r.hung {
		r.settle("after everything was closed", before)
	}
	return Result{Failures: r.failures.list, Report: r.report()}
}

// openPoller makes the Go runtime open the descriptors with which it waits for
// connections, and which it keeps.
func openPoller() {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
}

// A run is a Soak in progress.
type run struct {
	Soak
	failures failures
	targets  []*target
	rests    []holdings
	lag      lag
	hung     bool // something has not returned, so that what is left means nothing
}

// start starts a server, a proxy and a direct client of each variant.
func (r *run) start() {
	for _, v := range r.Variants {
		t := &target{Soak: &r.Soak, variant: v, failures: &r.failures, lag: &r.lag}
		r.targets = append(r.targets, t)
		if err := t.start(); err != nil {
			t.failf("%v", err)
			return
		}
	}
}

// phases makes faults, phase by phase, with a rest after each.
func (r *run) phases() {
	first := readHoldings()
	n := max(1, r.Phases)
	for i := range n {
		if !r.each("the callers of a phase", r.Length/time.Duration(n), func(t *target, d time.Duration) { t.fire(d) }) {
			return
		}
		r.settle(fmt.Sprintf("after phase %d of %d", i+1, n), first)
		r.rests = append(r.rests, readHoldings())
	}
	if n >= memoryPhases {
		if err := r.rests[n-1].grown(r.rests[n/2]); err != nil {
			r.failures.add("all variants", "%v, between the rests after phases %d and %d", err, n/2+1, n)
		}
	}
}

// each calls f for all targets at the same time and waits for it. It returns false if
// that takes much longer than d.
func (r *run) each(what string, d time.Duration, f func(*target, time.Duration)) bool {
	err := bound.Call(d+r.Timeout+10*r.Slack, func() error {
		var running sync.WaitGroup
		for _, t := range r.targets {
			running.Go(func() { f(t, d) })
		}
		running.Wait()
		return nil
	})
	if err == nil {
		return true
	}
	r.hung = true
	for _, t := range r.targets {
		if n := t.busy.Load(); n > 0 {
			t.failf("%s: %v; %d calls have not returned", what, err, n)
		}
	}
	r.failures.add("all variants", "%s: %v; the stacks of all goroutines:\n\n%s", what, err, stacks())
	return false
}

// close closes everything that start has started.
func (r *run) close() {
	r.each("closing", 0, func(t *target, _ time.Duration) { t.close() })
}

// settle waits until no more goroutines and file descriptors are left than in limit.
func (r *run) settle(when string, limit holdings) {
	var now holdings
	for begin := time.Now(); time.Since(begin) < r.settling(); time.Sleep(20 * time.Millisecond) {
		if now = countHoldings(); now.goroutines <= limit.goroutines && now.files <= limit.files {
			return
		}
	}
	if now.goroutines > limit.goroutines {
		r.failures.add("all variants", "%s, %d goroutines are left, want %d; the stacks of all goroutines:\n\n%s", when, now.goroutines, limit.goroutines, stacks())
	}
	if now.files > limit.files {
		r.failures.add("all variants", "%s, %d file descriptors are left, want %d", when, now.files, limit.files)
	}
}

// stacks returns the stacks of all goroutines, up to a limit.
func stacks() string {
	buf := make([]byte, 256<<10)
	return string(buf[:runtime.Stack(buf, true)])
}

// maxFailures is how many failures of one variant are kept.
const maxFailures = 5

// failures collects what is wrong. Its methods may be called concurrently.
type failures struct {
	seed uint64

	mu   sync.Mutex
	list []string
	of   map[string]int // how many each variant has
}

// add adds a failure of who: a variant, or all of them.
func (f *failures) add(who, format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[string]int{}
	}
	f.of[who]++
	switch n := f.of[who]; {
	case n <= maxFailures:
		f.list = append(f.list, fmt.Sprintf("%s, seed %d: %s", who, f.seed, fmt.Sprintf(format, args...)))
	case n == maxFailures+1:
		f.list = append(f.list, fmt.Sprintf("%s, seed %d: further failures are left out", who, f.seed))
	}
}

// A lag is the most that timers have been late. It shows how much the machine delays this
// process.
type lag struct{ ns atomic.Int64 }

func (l *lag) max() time.Duration { return time.Duration(l.ns.Load()) }

// watch watches until the function that it returns is called.
func (l *lag) watch() (stop func()) {
	const every = 10 * time.Millisecond
	ends, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			begin := time.Now()
			select {
			case <-time.After(every):
			case <-ends:
				return
			}
			l.ns.Store(max(l.ns.Load(), int64(time.Since(begin)-every)))
		}
	}()
	return func() {
		close(ends)
		<-ended
	}
}
