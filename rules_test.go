package echobench

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/broken"
	"github.com/echobench/echobench/internal/floor"
)

// TestRulesCatchEveryClass checks one broken transport of each kind that a few calls
// can find. The conformance kit finds all of them.
func TestRulesCatchEveryClass(t *testing.T) {
	faults := broken.Faults()
	for _, name := range []string{
		"says udp and uses tcp", "hides that it has no network",
		"answers one call in 100 itself", "answers small requests itself", "answers large requests itself",
		"sends half of the data", "sends padding instead of small data", "server omits the data", "sends everything twice", "sends large data twice",
		"no timestamp", "timestamp of a clock that is behind", "client keeps the first timestamp", "server stamps a connection once",
		"a call overwrites the data of the one before", "Close overwrites data",
		"client leaves a descriptor", "server leaves a descriptor", "every third Dial leaves a descriptor",
		"late after the end of a context",
		"trusts a length", "allocates before the data arrives",
		"net/rpc without a guard for writes", "writes under a lock, and looks at the context only then",
		"Close cancels calls", "a lost connection looks like a deadline",
	} {
		i := slices.IndexFunc(faults, func(f broken.Fault) bool { return f.Name == name })
		if i < 0 {
			t.Fatalf("no transport is named %q", name)
		}
		r := &rules{10 * time.Second, map[string]error{}}
		if faults[i].Slow {
			r.hang = 500 * time.Millisecond
		}
		err := r.check(echo.Variant{Name: "broken", Transport: faults[i].Transport})
		if want := "the rule " + faults[i].Checks[0] + ": "; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
}

func TestRulesPassHealthyTransports(t *testing.T) {
	for _, tr := range []echo.Transport{broken.Healthy(), broken.Extended(), broken.Opaque(), floor.Raw{}, new(floor.Nop), new(floor.Pipe)} {
		r := &rules{10 * time.Second, map[string]error{}}
		for range 3 { // the first result is kept
			if err := r.check(echo.Variant{Name: tr.Name(), Transport: tr}); err != nil {
				t.Errorf("%s: %v", tr.Name(), err)
			}
		}
	}
}
