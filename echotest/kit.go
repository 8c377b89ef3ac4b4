package echotest

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/bound"
	"github.com/echobench/echobench/internal/contract"
	"go.uber.org/goleak"
)

// A kit holds what a check needs: the subtest in which it runs, the transport to
// test, and the limit for calls.
type kit struct {
	*testing.T
	tr     echo.Transport
	hang   time.Duration // a call that takes longer counts as a hang
	before goleak.Option // the goroutines that ran before TestTransport
}

// run runs one check. If the check fails, run prints its rule.
func (k *kit) run(c check) {
	k.Run(c.name, func(t *testing.T) {
		// This Cleanup runs last, so it also sees the failures of the others.
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the rule: %s", c.rule)
			}
		})
		c.test(k.with(t))
	})
}

// with returns a copy of k for the subtest t.
func (k *kit) with(t *testing.T) *kit {
	return &kit{T: t, tr: k.tr, hang: k.hang, before: k.before}
}

// within calls f and returns its error. If f does not return within k.hang, the
// check fails and ends. what names the call in the message.
func (k *kit) within(what string, f func() error) error {
	k.Helper()
	err := bound.Call(k.hang, f)
	if errors.Is(err, bound.ErrNoReturn) {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		k.Fatalf("%s: %v; the stacks of all goroutines:\n\n%s", what, err, stacks)
	}
	return err
}

// longContext returns a context for calls that should succeed. It ends before
// they count as a hang, so that the transport can report what it waits for.
func (k *kit) longContext() context.Context { return k.timeout(k.hang * 3 / 4) }

// shortContext returns a context for calls that may either succeed or fail, such
// as a call after an error.
func (k *kit) shortContext() context.Context { return k.timeout(min(time.Second, k.hang/2)) }

// expiringContext returns a context for calls that cannot succeed, so that they
// end soon.
func (k *kit) expiringContext() context.Context { return k.timeout(50 * time.Millisecond) }

func (k *kit) timeout(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	k.Cleanup(cancel)
	return ctx
}

// cancelled returns a context that has already been cancelled.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// limit returns the transport's MaxSize in bytes, or 0 if it has none.
func (k *kit) limit() int { return int(contract.Describe(k.tr, 1).MaxSize) }

// maxSize returns the largest size to test, in bytes: MaxSize, but at most 64
// MiB, or 1 MiB if the transport has no MaxSize.
func (k *kit) maxSize() int {
	limit := k.limit()
	if limit == 0 {
		return 1 << 20
	}
	return min(limit, 64<<20)
}
