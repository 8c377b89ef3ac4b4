package compare

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// stray has benchmarks that are hard to find or to read, and with bad some that have no
// result.
const stray = `package own

import (
	"fmt"
	"os"
	"testing"
	"time"
)

const bad = true

func steps(b *testing.B) {
	for range b.N {
		Work(1)
	}
	b.ReportMetric(1, "steps/op")
}

func badly(b *testing.B, f func()) {
	if bad {
		f()
	}
	steps(b)
}

func BenchmarkExits(b *testing.B)  { badly(b, func() { os.Exit(0) }) }
func BenchmarkFails(b *testing.B)  { badly(b, func() { b.Fatal("a reason to fail") }) }
func BenchmarkHangs(b *testing.B)  { badly(b, func() { time.Sleep(time.Hour) }) }
func BenchmarkLine(b *testing.B)   { fmt.Println("a line"); steps(b) }
func BenchmarkNoLine(b *testing.B) { fmt.Print("no end of a line"); steps(b) }
func BenchmarkPanics(b *testing.B) { badly(b, func() { panic("a reason to panic") }) }
func BenchmarkSkips(b *testing.B)  { badly(b, func() { b.Skip("a reason to skip") }) }
func BenchmarkRoutes(b *testing.B) {
	for _, name := range []string{"users", "users/repos", "users/repos/issues"} {
		b.Run(name, steps)
	}
}
`

// strayRows are the benchmarks of stray that have results in any case.
var strayRows = []string{"BenchmarkLine", "BenchmarkNoLine", "BenchmarkRoutes/users", "BenchmarkRoutes/users/repos", "BenchmarkRoutes/users/repos/issues"}

// newStray builds stray with bad and without.
func newStray(t *testing.T) (good, bad Build) {
	t.Helper()
	m := newModule(t, map[string]string{"go.mod": ownFiles["go.mod"], "own.go": ownFiles["own.go"], "own_test.go": stray})
	bad.Binary = m.build(t, "bad.test")
	m.edit(t, "own_test.go", "bad = true", "bad = false")
	good.Binary = m.build(t, "good.test")
	return good, bad
}

// TestUnjudged: a benchmark that ends its process, hangs, fails or skips does not hide
// the others, whatever they print and however they are named. What has no verdict is
// named with the reason.
func TestUnjudged(t *testing.T) {
	good, bad := newStray(t)
	reasons := map[string]string{
		"BenchmarkExits": "unexpected call to os.Exit(0)", "BenchmarkFails": "a reason to fail", "BenchmarkHangs": "it hangs",
		"BenchmarkPanics": "panic: a reason to panic", "BenchmarkSkips": "a reason to skip",
	}
	for _, test := range []struct {
		name     string
		old, new Build
	}{{"old", bad, good}, {"new", good, bad}, {"both sides", bad, bad}} {
		if test.name != "new" && !testkit.IsLong() {
			continue
		}
		c := short()
		c.Old, c.New, c.Units, c.Budget, c.Sample = test.old, test.new, []string{"steps/op"}, 15*time.Second, time.Microsecond
		got, result, err := run(t, c)
		if want := slices.Sorted(slices.Values(suffixed(strayRows, " steps/op"))); !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
			t.Errorf("%s: the rows are %v, want %v", test.name, got, want)
		}
		said := fmt.Sprint(result.Unjudged, err)
		for name, reason := range reasons {
			if !strings.Contains(said, name) || !strings.Contains(said, reason) {
				t.Errorf("%s: %q of %s is not in %s", test.name, reason, name, said)
			}
		}
		if (err != nil) != (test.name == "new") || test.name != "new" && result.Status() != 3 {
			t.Errorf("%s: got status %d and error %v", test.name, result.Status(), err)
		}
	}
}

// suffixed returns the names with a suffix.
func suffixed(names []string, suffix string) (all []string) {
	for _, name := range names {
		all = append(all, name+suffix)
	}
	return all
}

// TestAllowed: benchmarks without a verdict are allowed by Optional only, and those that
// skip also if no benchmarks are named.
func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		name     string
		config   Config
		unjudged Unjudged
		want     bool
	}{
		{"it fails", Config{}, Unjudged{Benchmark: "BenchmarkX"}, false},
		{"it fails and is optional", Config{Optional: "^BenchmarkX$"}, Unjudged{Benchmark: "BenchmarkX"}, true},
		{"another is optional", Config{Optional: "Y"}, Unjudged{Benchmark: "BenchmarkX"}, false},
		{"it skips", Config{}, Unjudged{Benchmark: "BenchmarkX", skipped: true}, true},
		{"it is named and skips", Config{Bench: "X"}, Unjudged{Benchmark: "BenchmarkX", skipped: true}, false},
		{"a unit", Config{Optional: "."}, Unjudged{Unit: "ns/opp"}, false},
	} {
		if err := c.config.complete(); err != nil {
			t.Fatal(err)
		}
		r := &Result{Unjudged: []Unjudged{c.unjudged}}
		if r.allow(c.config); r.Unjudged[0].Allowed != c.want {
			t.Errorf("%s: allowed %t, want %t", c.name, r.Unjudged[0].Allowed, c.want)
		}
	}
}

// TestNothingJudged: a unit that no benchmark has, or too small a budget, is no success.
func TestNothingJudged(t *testing.T) {
	for _, test := range []struct {
		name   string
		config Config
		want   string
	}{
		{"a misspelt unit", Config{Units: []string{"ns/op", "ns/opp"}}, "unit ns/opp is not judged: no benchmark has it in both builds"},
		{"no unit", Config{Units: []string{"ns/opp"}}, "A is not judged: fewer than 6 rounds have ns/opp on all sides"},
		{"too small a budget", Config{Budget: 17 * time.Second}, "A is not judged: it has 5 rounds of at least 6: the budget of 17s is too small"},
		{"a budget that ends before the first round", Config{Budget: time.Second}, "A is not judged: it has 0 rounds of at least 6"},
		{"too few rounds", Config{MaxRounds: 2}, "A is not judged: it has 2 rounds of at least 6"},
	} {
		s, _, err := schedule(t, test.config, &fake{value: always}, "A")
		result, failures := s.result()
		if err != nil || failures != nil || result.Status() != 3 || !strings.Contains(fmt.Sprint(result.Unjudged), test.want) {
			t.Errorf("%s: got status %d, %v, %v and %v, want status 3 and %q", test.name, result.Status(), result.Unjudged, err, failures, test.want)
		}
	}
}

// TestBudgetEndsARun: the budget also ends a run that takes longer than it.
func TestBudgetEndsARun(t *testing.T) {
	newModule(t, ownFiles)
	c := short()
	c.Old, c.New = Build{Binary: ownBinary(t)}, Build{Binary: ownBinary(t)}
	c.Bench, c.Sample, c.Budget = "Loop", time.Hour, 3*time.Second
	result, err := Run(t.Context(), c)
	if spent := errors.Is(err, errSpent); !spent && (err != nil || result.Status() != 3 || !strings.Contains(fmt.Sprint(result.Unjudged), "the budget of 3s is too small")) {
		t.Errorf("got %+v, %v, want a benchmark that is not judged, as the budget is too small", result, err)
	}
}
