package echotest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/rules/trial"
)

// A kit is what a check needs: the subtest in which it runs, and a trial of the
// transport that reports to it.
type kit struct {
	*trial.Trial
	t       *testing.T    // nil while a declared rule is tried
	before  goleak.Option // the goroutines that ran before TestTransport
	summary *summary
}

// maxHung is the number of checks with hanging calls after which the others are skipped.
const maxHung = 5

// run runs one check. If the check fails, and not because of the machine, run prints its
// rule.
func (k *kit) run(c check) {
	k.t.Run(c.name, func(t *testing.T) {
		if k.summary.hung >= maxHung {
			k.summary.skipped = append(k.summary.skipped, c.name)
			t.Skipf("calls have hung in %d checks", maxHung)
		}
		with, hangs, reason := k.with(t), k.Hangs(), ""
		if slices.Contains(declarable, c.name) {
			reason = trial.Declared(k.Transport, c.name)
		}
		// This Cleanup runs last, so it also sees the failures of the others.
		t.Cleanup(func() {
			if t.Failed() && with.Machine() == nil {
				t.Logf("the rule: %s", c.rule)
			}
			if k.Hangs() > hangs {
				k.summary.hung++
			}
			k.summary.add(c.name, reason, t)
		})
		if reason != "" {
			with.confirm(c, reason)
			return
		}
		c.test(with)
	})
}

// attempts is how often a declared rule is tried before it counts as kept.
const attempts = 3

// confirm checks that the transport breaks a rule, as it declares. The check is then
// skipped.
func (k *kit) confirm(c check, reason string) {
	for range attempts {
		failure, skipped := trial.Attempt(func(t trial.T) { c.test(k.silent(t)) })
		if skipped {
			k.Skipf("declared, and not tried because the check does not apply: %s", reason)
		}
		if failure != "" {
			k.Skipf("declared: %s (%s)", reason, failure)
		}
	}
	k.Errorf("the transport keeps this rule in %d attempts, although its Description has an Exception for it: %s", attempts, reason)
}

// with returns a copy of k for the subtest t.
func (k *kit) with(t *testing.T) *kit {
	with := *k
	with.t, with.Trial = t, k.Trial.With(t)
	return &with
}

// maxDeclared is how long a call may take while a declared rule is tried. It is
// short, because such a call is expected to hang.
const maxDeclared = 2 * time.Second

// silent returns a copy of k that reports to t only.
func (k *kit) silent(t trial.T) *kit {
	silent := *k
	silent.t, silent.Trial = nil, k.Trial.Patient(maxDeclared).With(t)
	return &silent
}

// part runs a part of a check as a subtest.
func (k *kit) part(name string, test func(*kit)) {
	if k.t == nil {
		test(k)
		return
	}
	k.t.Run(name, func(t *testing.T) { test(k.with(t)) })
}

// A summary counts the checks of one transport.
type summary struct {
	passed, failed int
	hung           int      // checks in which calls have hung
	skipped        []string // names of checks
	declared       []string // names of rules that are declared as not kept, with the reason
}

// add counts the check with the given name, which has ended. reason is why the
// transport declares that it does not keep the rule; it is empty if it does not.
func (s *summary) add(name, reason string, t *testing.T) {
	switch {
	case t.Failed():
		s.failed++
	case t.Skipped() && reason != "":
		s.declared = append(s.declared, name+" ("+reason+")")
	case t.Skipped():
		s.skipped = append(s.skipped, name)
	default:
		s.passed++
	}
}

// print prints one line if a check was skipped. It does not use t.Log, whose
// output go test shows only with -v.
func (s *summary) print(transport string) {
	if s.skipped == nil && s.declared == nil {
		return
	}
	line := fmt.Sprintf("echotest: %s: %d checks passed, %d failed", transport, s.passed, s.failed)
	if s.skipped != nil {
		line += fmt.Sprintf(", %d were skipped (-v prints the reasons): %s", len(s.skipped), strings.Join(s.skipped, ", "))
	}
	if s.declared != nil {
		line += fmt.Sprintf("; %d rules are declared as not kept: %s", len(s.declared), strings.Join(s.declared, ", "))
	}
	fmt.Println(line)
}
