package echotest

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/trial"
)

// A kit is what a check needs: the subtest in which it runs, and a trial of the
// transport that reports to it.
type kit struct {
	*trial.Trial
	t       *testing.T
	before  goleak.Option // the goroutines that ran before TestTransport
	summary *summary
}

// run runs one check. If the check fails, run prints its rule.
func (k *kit) run(c check) {
	k.t.Run(c.name, func(t *testing.T) {
		// This Cleanup runs last, so it also sees the failures of the others.
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the rule: %s", c.rule)
			}
			k.summary.add(c.name, t)
		})
		c.test(k.with(t))
	})
}

// with returns a copy of k for the subtest t.
func (k *kit) with(t *testing.T) *kit {
	with := *k
	with.t, with.Trial = t, k.Trial.With(t)
	return &with
}
