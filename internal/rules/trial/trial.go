// Package trial tries a transport: it starts servers, dials clients and makes
// calls, all of which have a time limit and are closed afterwards. It also
// contains the rules that both the conformance kit and a Suite check.
package trial

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/base/contract"
)

// A T receives what a Trial reports. *testing.T implements it.
type T interface {
	Helper()
	Cleanup(func())
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Skip(args ...any)
	Skipf(format string, args ...any)
}

// A Trial tries a transport. Its methods report to T what they find, and close
// what they open when T ends.
type Trial struct {
	T         // nil before With
	Transport echo.Transport
	Quick     bool // few calls and short waits, for a Suite
	hang      time.Duration
	hangs     *atomic.Int64 // how many calls have hung, in all checks
	path      *path
	check     *check
}

// New returns a Trial of tr, which reports to nobody. hang is how long a call may take.
func New(tr echo.Transport, hang time.Duration) *Trial {
	return &Trial{Transport: tr, hang: hang, hangs: new(atomic.Int64), path: new(path), check: new(check)}
}

// With returns a Trial of the same transport that reports to t. It is for a new check, or
// for a part of the check that t's Trial is for.
func (t *Trial) With(other T) *Trial {
	with := *t
	if t.T == nil {
		with.check = new(check)
	}
	with.T = &reporter{other, &with}
	return &with
}

// Patient returns a Trial of the same transport in which a call may take d at most, and
// for which the calls that have hung in other checks do not matter.
func (t *Trial) Patient(d time.Duration) *Trial {
	patient := *t
	patient.hang, patient.hangs = min(t.hang, d), new(atomic.Int64)
	return &patient
}

// afterHang is how long a call may take after another one has hung.
const afterHang = time.Second

// Hang returns how long a call may take before it counts as a hang. That is not long
// after a first call has hung, because many others probably hang as well, and less and
// less in a check with many calls that hang, such as Close of all its Clients.
func (t *Trial) Hang() time.Duration {
	if t.hangs.Load() == 0 {
		return t.hang
	}
	return min(t.hang, afterHang) / time.Duration(max(1, t.check.hangs.Load()))
}

// Hangs returns how many calls have hung in all checks of the transport.
func (t *Trial) Hangs() int { return int(t.hangs.Load()) }

// Within calls f and returns its error. If f does not return within t.Hang, the
// check fails and ends. what names the call in the message.
func (t *Trial) Within(what string, f func() error) error {
	t.Helper()
	err := bound.Call(t.Hang(), f)
	if errors.Is(err, bound.ErrNoReturn) {
		t.hung(what, err)
	}
	return err
}

// opened is Within for a function that opens something. If it returns too late, drop closes
// what it has opened.
func opened[V any](t *Trial, what string, open func() (V, error), drop func(V)) (V, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), t.Hang())
	defer cancel()
	v, err := bound.Value(ctx, 0, open, drop)
	if errors.Is(err, bound.ErrNoReturn) {
		t.hung(what, err)
	}
	return v, err
}

// hung fails and ends the check because a call has hung. In a quick trial, and after the
// first such call, the message is one line.
func (t *Trial) hung(what string, err error) {
	t.Helper()
	t.check.hangs.Add(1)
	if t.hangs.Add(1) > 1 || t.Quick {
		t.Fatalf("%s: %v", what, err)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Fatalf("%s: %v; the stacks of all goroutines:\n\n%s", what, err, stacks)
}

// LongContext returns a context for calls that should succeed. It ends before
// they count as a hang, so that the transport can report what it waits for. Such a call
// counts as a hang as well.
func (t *Trial) LongContext() context.Context {
	ctx := t.Timeout(t.Hang() * 3 / 4)
	context.AfterFunc(ctx, func() {
		if ctx.Err() == context.DeadlineExceeded {
			t.hangs.Add(1)
		}
	})
	return ctx
}

// ShortContext returns a context for calls that may either succeed or fail, such
// as a call after an error.
func (t *Trial) ShortContext() context.Context { return t.Timeout(min(time.Second, t.Hang()/2)) }

// ExpiringContext returns a context for calls that cannot succeed, so that they
// end soon.
func (t *Trial) ExpiringContext() context.Context {
	return t.Timeout(t.quickly(50*time.Millisecond, 2*time.Millisecond))
}

// quickly returns quick in a quick trial, and full otherwise.
func (t *Trial) quickly(full, quick time.Duration) time.Duration {
	if t.Quick {
		return quick
	}
	return full
}

// reactionTime returns how long to wait for a reaction: full, or in a quick trial twice
// the time since begin, but 2 to 20 ms, because a busy machine takes longer.
func (t *Trial) reactionTime(full time.Duration, begin time.Time) time.Duration {
	return t.quickly(full, min(max(2*time.Millisecond, 2*time.Since(begin)), 20*time.Millisecond))
}

// Timeout returns a context that ends after d, or with the check.
func (t *Trial) Timeout(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// Cancelled returns a context that has already been cancelled.
func Cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// Limit returns the transport's MaxSize in bytes, or 0 if it has none.
func (t *Trial) Limit() int { return int(contract.Describe(t.Transport, 1).MaxSize) }

// MaxSize returns the largest size to test, in bytes: MaxSize, but at most 64
// MiB, or 1 MiB if the transport has no MaxSize.
func (t *Trial) MaxSize() int {
	limit := t.Limit()
	if limit == 0 {
		return 1 << 20
	}
	return min(limit, 64<<20)
}
