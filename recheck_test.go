package echobench

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/broken"
	"github.com/echobench/echobench/internal/floor"
)

// suiteChecks are the checks of the conformance kit that a Suite makes as well.
var suiteChecks = []string{
	"Network", "Wire", "Timestamps", "RequestUntouched", "CancelInFlight", "DeadlineInFlight",
	"LargeInFlight", "ContextErrors", "NoFileLeft", "AnnouncedLength",
}

// foundLater are the faults that a Suite finds after a measurement, because they begin
// after many calls or with many callers.
var foundLater = []string{
	"answers itself after 900 calls",
	"answers itself when there are many callers",
	"timestamps from the 500th call on are old",
}

// foundByKit are the faults that only the conformance kit finds.
var foundByKit = []string{
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

// TestSuiteFindsFaults checks the transports that break one of the rules that a Suite
// checks. The conformance kit finds all of them.
func TestSuiteFindsFaults(t *testing.T) {
	for _, f := range broken.Faults() {
		if slices.Contains(leftOut, f.Name) || !slices.ContainsFunc(f.Checks, func(name string) bool { return slices.Contains(suiteChecks, name) }) {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			later, never := slices.Contains(foundLater, f.Name), slices.Contains(foundByKit, f.Name)
			whole := slices.Contains(f.Checks, "NoFileLeft") || slices.Contains(f.Checks, "AnnouncedLength")
			if !later && !never && !whole {
				t.Parallel() // the check ends before it looks at the whole process
			}
			r := newTestRules()
			if f.Slow || whole {
				r.hang = 500 * time.Millisecond
			}
			v := echo.Variant{Name: "broken", Transport: f.Transport}
			err := r.check(v)
			if later && err == nil {
				err = measureAndRecheck(t, v, r, 64_000)
			} else if later {
				t.Fatalf("error %v before the first cell", err)
			}
			if found := err != nil && strings.Contains(err.Error(), "; the rule "); found == never {
				t.Errorf("error %.500v, want one with a rule: %t", err, !never)
			}
		})
	}
}

// measureAndRecheck makes n calls with 64 clients.
func measureAndRecheck(t *testing.T, v echo.Variant, r *rules, n int) error {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("what the sockets of a process move is known on Linux only")
	}
	c := cell{variant: v, size: 4096, workers: 64, stall: 10 * time.Second, rules: r}
	s, err := openSample(context.Background(), c)
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.measure(n, new(stopwatch), nil); err != nil {
		t.Fatal(err)
	}
	return c.recheck(s)
}

func TestSuitePassesHealthyTransports(t *testing.T) {
	for _, tr := range []echo.Transport{broken.Healthy(), broken.Extended(), broken.Opaque(), floor.Raw{}, new(floor.Nop), new(floor.Pipe)} {
		v := echo.Variant{Name: tr.Name(), Transport: tr}
		r := newTestRules()
		for range 2 { // the first result is kept
			if err := r.check(v); err != nil {
				t.Errorf("%s: %v", tr.Name(), err)
			}
		}
		if err := measureAndRecheck(t, v, r, 1000); err != nil {
			t.Errorf("%s: %v", tr.Name(), err)
		}
	}
}

func newTestRules() *rules { return &rules{10 * time.Second, map[string]error{}, map[string]bool{}} }
