package attack

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/child"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/internal/usage"
)

// A trial is one attack on one target.
type trial struct {
	attack  *attack
	target  *target
	n       int           // of the attack
	control string        // the address of a tcp server that nobody attacks
	hang    time.Duration // how long others wait before they give up
}

// again is the part of an attack during which the server is closed.
const again = 0.1

// times returns n multiplied by a factor, but 1 at least.
func times(n int, factor float64) int { return max(1, int(float64(n)*factor)) }

// run attacks a server, which has a process of its own. The finding includes what made
// the trial fail.
func (tr *trial) run(t *testing.T) (f finding) {
	variant := tr.target.variant
	if tr.attack.limit > 0 {
		variant = fmt.Sprintf("%d/%s", tr.attack.limit, variant)
	}
	server, err := child.Start(child.Order{Benchmark: serve, Variant: variant})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { f.closed, f.closeErr = timed(server.Close) }()
	if err := tr.attackOnce(t, server, &f); err != nil {
		f.failed = err
		return f
	}
	a := newAssault(tr.target, server.Addr(), times(tr.n, again), 100*time.Millisecond)
	t.Cleanup(a.end) // after the server's Close
	f.failed = tr.attack.begin(a)
	return f
}

// attackOnce attacks, and measures the server before, during and after the attack.
func (tr *trial) attackOnce(t *testing.T, server *child.Process, f *finding) (err error) {
	transport := transports()[tr.target.variant]
	old := testkit.Dial(t, transport, server.Addr())
	control := testkit.Dial(t, transports()["tcp"], tr.control)
	if err := errors.Join(echoSizes(old, 0, tr.hang), visit(transport, server.Addr(), tr.hang)); err != nil {
		return fmt.Errorf("before the attack: %w", err)
	}
	if f.before, err = calm(server); err != nil {
		return err
	}
	a := newAssault(tr.target, server.Addr(), tr.n, 500*time.Millisecond)
	o := watch(old, control, tr.hang)
	if tr.attack.limit == 0 { // or there are no descriptors for newcomers
		o.welcome(transport, server.Addr())
	}
	o.await(1)
	err = tr.attack.begin(a)
	o.await(3)
	if err == nil {
		f.during, err = measure(server)
	}
	f.waits, f.othersErr = o.stop()
	a.end()
	if err != nil || f.othersErr != nil {
		return err
	}
	if f.after, err = recovered(server, f.before, tr.hang); err != nil {
		return err
	}
	left, err := server.Footprint()
	if err != nil {
		return err
	}
	f.left = left.Resident
	f.othersErr = wrap("after the attack", errors.Join(echoSizes(old, 0, tr.hang), visit(transport, server.Addr(), tr.hang)))
	return nil
}

// measure returns the figures of a server's process.
func measure(server *child.Process) (figures, error) {
	first, err := server.Begin(nil)
	if err != nil {
		return figures{}, err
	}
	second, err := server.Begin(nil) // pools give up their values at the second garbage collection
	return figures{
		heap:       int(second.Levels[usage.Heap]),
		peak:       int(first.Levels[usage.PeakRSS]),
		goroutines: int(second.Levels[usage.Goroutines]),
		files:      server.Files(),
	}, err
}

// calm returns the figures of a server that has nothing left to do for clients that
// have gone.
func calm(server *child.Process) (f figures, err error) {
	if f, err = measure(server); err != nil {
		return f, err
	}
	for range 3 {
		time.Sleep(20 * time.Millisecond)
		next, err := measure(server)
		if err != nil {
			return f, err
		}
		next.goroutines, next.files = min(f.goroutines, next.goroutines), min(f.files, next.files)
		f = next
	}
	return f, nil
}

// recovered returns the figures once nothing is left of an attack or, if something
// remains, after the given time.
func recovered(server *child.Process, before figures, wait time.Duration) (figures, error) {
	for end := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		f, err := measure(server)
		if err != nil || f.goroutines <= before.goroutines && f.files <= before.files || time.Now().After(end) {
			return f, err
		}
	}
}
