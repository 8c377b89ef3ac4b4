package attack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/run/child"
)

// A trial is one attack on one target.
type trial struct {
	attack  *attack
	target  *target
	n       int    // of the attack
	control string // the address of a tcp server that nobody attacks
	limits
}

// limits bound the parts of a trial.
type limits struct {
	memory int           // maximum resident memory, in bytes; a server with more is killed
	attack time.Duration // how long the attackers send
	hold   time.Duration // how long everything is kept open afterwards
	wait   time.Duration // how long other clients wait before they give up
	leave  time.Duration // how long the server may take to release what the attackers used
}

var usual = limits{memory: 1 << 30, attack: 10 * time.Second, hold: time.Second, wait: 10 * time.Second, leave: 3 * time.Second}

// closingShare is how many of the attackers attack while the server is closed, as a share
// of those of the trial.
const closingShare = 0.1

// run attacks a server, which has a process of its own. It returns an error if nothing
// could be measured. Whatever the server does is a result, even if it dies.
func (tr *trial) run() (r result, err error) {
	variant := tr.target.variant
	if tr.attack.files > 0 {
		variant = fmt.Sprintf("%d/%s", tr.attack.files, variant)
	}
	server, err := child.Start(child.Order{Benchmark: serve, Variant: variant})
	if err != nil {
		return r, err
	}
	w := observe(server, tr.limits.memory)
	defer w.end()
	if err := tr.attackOnce(w, &r); err != nil {
		return r, fmt.Errorf("before the attack: %w", err)
	}
	if r.ended != "" || w.ended(&r) {
		return r, nil
	}
	a := newAssault(tr.target, server.Addr(), max(min(1, tr.n), int(closingShare*float64(tr.n))), tr.limits.attack/5)
	defer a.end()
	tr.attack.begin(a)
	closed, err := timed(server.Close)
	switch {
	case err == nil:
		r.closed = closed
	case w.killed.Load():
		r.unclosed = w.over()
	default:
		r.unclosed = "died"
		if strings.Contains(err.Error(), bound.ErrNoReturn.Error()) || strings.Contains(err.Error(), "did not end") {
			r.unclosed = "no return"
		}
		r.remark("Close during the attack: %s", brief(err))
	}
	return r, nil
}

// attackOnce attacks a server, and measures it before, during and after the attack. It
// returns an error if that is not possible before the attack.
func (tr *trial) attackOnce(w *observer, r *result) error {
	transport, addr := transports()[tr.target.variant], w.server.Addr()
	starting, cancel := context.WithTimeout(w.ctx, tr.limits.wait)
	defer cancel()
	old, err := transport.Dial(starting, addr)
	if err != nil {
		return err
	}
	defer bound.Call(tr.limits.wait, old.Close)
	control, err := transports()["tcp"].Dial(starting, tr.control)
	if err != nil {
		return err
	}
	defer control.Close()
	if err := errors.Join(visit(starting, transport, addr), echoSizes(starting, old, 0)); err != nil {
		return err
	}
	time.Sleep(50 * time.Millisecond) // until nothing is left of the visit
	before, err := measure(w.server)
	if err != nil {
		return err
	}
	w.peak.Store(int64(before.Resident))
	tr.underAttack(w, old, control, r)
	r.held = int(w.peak.Load()) - before.Resident
	if w.ended(r) {
		return nil
	}
	left, err := recovered(w.server, before, tr.limits.leave)
	if err != nil {
		r.remark("after the attack: %s", brief(err))
	} else {
		r.left = &held{left.Resident - before.Resident, left.Goroutines - before.Goroutines, left.files - before.files}
	}
	ending, cancel := context.WithTimeout(w.ctx, tr.limits.wait)
	defer cancel()
	if err := visit(ending, transport, addr); err != nil {
		r.remark("a newcomer after the attack: %s", brief(err))
	}
	return nil
}

// underAttack attacks the server and keeps the connections open for a while, during which
// others use the server.
func (tr *trial) underAttack(w *observer, old, control echo.Client, r *result) {
	o := watch(w.ctx, old, control, tr.limits.wait)
	if tr.attack.files == 0 { // otherwise there are no descriptors for newcomers
		o.welcome(transports()[tr.target.variant], w.server.Addr())
	}
	a := newAssault(tr.target, w.server.Addr(), tr.n, tr.limits.attack)
	defer a.end()
	begun := tr.attack.begin(a)
	select {
	case <-w.ctx.Done():
	case <-time.After(tr.limits.hold):
	}
	var err error
	if r.waits, err = o.stop(); w.gone() {
		return // which explains every error
	}
	if begun != nil {
		r.remark("the attack was cut short: %s", brief(begun))
	}
	if r.unserved = err != nil; r.unserved {
		r.remark("not served: %s", brief(err))
	}
}

// An observer watches the process of a server.
type observer struct {
	server *child.Process
	ctx    context.Context // ends when the server has ended
	memory int             // the maximum, in bytes
	peak   atomic.Int64    // of resident memory, in bytes
	killed atomic.Bool     // because it had more than the maximum
}

// observe watches a process until it has ended, and kills it if more than maxMemory bytes
// are resident.
func observe(server *child.Process, maxMemory int) *observer {
	ctx, cancel := context.WithCancel(context.Background())
	w := &observer{server: server, ctx: ctx, memory: maxMemory}
	go func() {
		defer cancel()
		for {
			select {
			case <-server.Ended():
				return
			case <-time.After(2 * time.Millisecond):
			}
			now := server.Resident()
			w.peak.Store(max(w.peak.Load(), int64(now)))
			if now > maxMemory && w.killed.CompareAndSwap(false, true) {
				server.Kill()
			}
		}
	}()
	return w
}

// end ends the process and what watches it.
func (w *observer) end() {
	w.server.Close()
	<-w.ctx.Done()
}

// over returns the reason why the observer has killed the process.
func (w *observer) over() string { return fmt.Sprintf("over %d MiB", w.memory>>20) }

// gone reports whether the process has ended or is ending.
func (w *observer) gone() bool {
	wait := 100 * time.Millisecond // a process that dies closes its connections first
	if w.killed.Load() {
		wait = time.Minute
	}
	select {
	case <-w.ctx.Done():
		return true
	case <-time.After(wait):
		return false
	}
}

// ended reports whether the process has ended, and adds the reason to r.
func (w *observer) ended(r *result) bool {
	switch {
	case !w.gone():
	case w.killed.Load():
		r.ended = w.over()
	default:
		r.ended = "died"
		r.remark("%s", brief(errors.New(w.server.HowItEnded())))
	}
	return r.ended != ""
}

// A footprint is what a process holds, with its file descriptors.
type footprint struct {
	usage.Footprint
	files int
}

func measure(server *child.Process) (footprint, error) {
	f, err := server.Footprint()
	return footprint{f, server.Files()}, err
}

// recovered returns the footprint once nothing is left of an attack or, if something
// remains, after the given time.
func recovered(server *child.Process, before footprint, wait time.Duration) (footprint, error) {
	for end := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		f, err := measure(server)
		if err != nil || f.Goroutines <= before.Goroutines && f.files <= before.files || time.Now().After(end) {
			return f, err
		}
	}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// brief returns an error on one line. Of the output of a process that has ended, it is
// the line that says why.
func brief(err error) string {
	first, rest, _ := strings.Cut(err.Error(), "\n")
	for line := range strings.Lines(first + "\n" + rest) {
		for _, reason := range []string{"panic: ", "fatal error: ", "Assertion failed: "} {
			if i := strings.Index(line, reason); i >= 0 {
				return strings.TrimSpace(line[i:])
			}
		}
	}
	return first
}
