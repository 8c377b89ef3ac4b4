package trial

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/broken"
	"github.com/echobench/echobench/internal/test/floor"
	"github.com/echobench/echobench/internal/test/testkit"
)

// notFound are the faults that Quickly does not find: those that begin after many calls
// or with many callers, which a Suite finds after a measurement, and those that only
// the conformance kit finds.
var notFound = []string{
	"answers itself after 900 calls",
	"answers itself when there are many callers",
	"timestamps from the 900th call on are old",
	"late from the 100th call on",
	"large calls that fail look cancelled",
}

// leftOut are the faults that this test leaves out. They modify a request while it is
// compared, which the race detector reports; or they leave goroutines, or descriptors
// that the garbage collector may close; or they need seconds and are like another one.
var leftOut = []string{
	"changes data later",
	"changes large data later",
	"changes ids later, from the 500th call on",
	"Close does nothing",
	"server's Close does nothing",
	"late after a deadline",
	"looks at the context every 3 s",
	"trusts a length without a bound",
}

// breaks reports whether a fault breaks one of the rules.
func breaks(f broken.Fault, rules []Rule) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return slices.Contains(f.Checks, r.Name) })
}

// TestQuicklyFindsFaults checks the transports that break one of the rules that Quickly
// checks.
func TestQuicklyFindsFaults(t *testing.T) {
	var waiting sync.WaitGroup
	atOnce := make(chan struct{}, 8) // more than there are processors, because most of them wait
	var inTurns []broken.Fault
	for _, f := range broken.Faults() {
		switch {
		case slices.Contains(leftOut, f.Name):
		case breaks(f, inTurn): // the check looks at the whole process
			inTurns = append(inTurns, f)
		case breaks(f, together) || breaks(f, []Rule{Network}):
			waiting.Go(func() {
				atOnce <- struct{}{}
				defer func() { <-atOnce }()
				mustFind(t, f)
			})
		}
	}
	waiting.Wait()
	for i, f := range inTurns {
		if i < 3 || testkit.IsLong() {
			mustFind(t, f)
		}
	}
}

// mustFind checks that Quickly finds the fault, or does not if it is one of notFound. On
// a busy machine, its short waits may end before the fault shows, so it has three attempts.
func mustFind(t *testing.T, f broken.Fault) {
	hang := 10 * time.Second
	if f.Slow || breaks(f, inTurn) {
		hang = 500 * time.Millisecond
	}
	never := slices.Contains(notFound, f.Name)
	var err error
	for range 3 {
		err = Quickly(f.Transport, hang)
		if found := err != nil && strings.Contains(err.Error(), "; the rule "); found != never {
			return
		}
	}
	t.Errorf("%s: error %.500v, want one with a rule: %t", f.Name, err, !never)
}

// TestQuicklyAcceptsHealthyTransports: so does a declared rule.
func TestQuicklyAcceptsHealthyTransports(t *testing.T) {
	for _, tr := range []echo.Transport{broken.Healthy(), broken.Extended(), broken.Opaque(), broken.Declared(), floor.Raw{}, new(floor.Nop), new(floor.Pipe)} {
		if err := Quickly(tr, 10*time.Second); err != nil {
			t.Errorf("%s: %v", tr.Name(), err)
		}
	}
}
