package compare

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/perf/benchfmt"
)

// A fake takes the place of the processes. It takes a second for each sample.
type fake struct {
	calls []string                                      // benchmark, side and benchtime
	value func(benchmark, side string) (float64, error) // in ns/op
}

func (f *fake) sample(_ context.Context, s side, t *task, benchtime string) (sample, error) {
	time.Sleep(time.Second)
	f.calls = append(f.calls, strings.Join([]string{t.name, s.name, benchtime}, " "))
	value, err := f.value(t.name, s.name)
	if err != nil {
		return sample{}, err
	}
	out := output{results: []*benchfmt.Result{{Iters: 100_000}}, elapsed: time.Second / 10}
	return sample{out, map[string]values{t.name: {"ns/op": value, "other": value}}}, nil
}

// always gives every sample the same value.
func always(string, string) (float64, error) { return 1000, nil }

// schedule runs a fake in fake time.
func schedule(t *testing.T, c Config, f *fake, benchmarks ...string) (s *scheduler, progress string, err error) {
	t.Helper()
	var lines strings.Builder
	c.Progress = &lines
	if err := c.complete(); err != nil {
		t.Fatal(err)
	}
	sides := [3]side{{name: "old"}, {name: "new"}, {name: "placebo"}}
	s = newScheduler(c, new(runner), sides, &found{both: benchmarks, directions: maps.Clone(testingUnits)}, new(files), time.Time{})
	s.sample = f.sample
	synctest.Test(t, func(t *testing.T) {
		s.deadline = time.Now().Add(c.Budget)
		err = s.compare(t.Context())
	})
	return s, lines.String(), err
}

func TestOrder(t *testing.T) {
	calls := func(seed uint64, broken string) []string {
		f := &fake{value: func(benchmark, side string) (float64, error) {
			if benchmark == broken && side == "new" {
				return 0, errors.New("broken")
			}
			return 1000, nil
		}}
		schedule(t, Config{Seed: seed, MinRounds: 12, MaxRounds: 12}, f, "A", "B", "C")
		return f.calls
	}
	got := calls(1, "")
	if want := 3 + 12*9; len(got) != want {
		t.Fatalf("got %d runs, want %d", len(got), want)
	}
	if !slices.Equal(got, calls(1, "")) {
		t.Error("the same seed gives another order")
	}
	if slices.Equal(got, calls(2, "")) {
		t.Error("another seed gives the same order")
	}
	isB := func(call string) bool { return strings.HasPrefix(call, "B") }
	if others := slices.DeleteFunc(slices.Clone(got), isB); !slices.Equal(others, slices.DeleteFunc(calls(1, "B"), isB)) {
		t.Error("the order of A and C depends on whether B fails")
	}
	// In six rounds, each benchmark has each order once.
	seen := map[string]int{}
	for task := range slices.Chunk(got[3:], 3) {
		benchmark, _, _ := strings.Cut(task[0], " ")
		for _, call := range task {
			if !strings.HasPrefix(call, benchmark) || !strings.HasSuffix(call, " 50000x") {
				t.Fatalf("got %v, want one benchmark with 50000 iterations", task)
			}
		}
		seen[strings.Join(task, ", ")]++
	}
	if len(seen) != 18 || slices.Max(slices.Collect(maps.Values(seen))) != 2 {
		t.Errorf("got %d orders, want each of 18 twice: %v", len(seen), seen)
	}
}

func TestRounds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	noisy := func(string, string) (float64, error) { return 1000 + 900*random.Float64(), nil }
	for _, test := range []struct {
		name   string
		config Config
		value  func(benchmark, side string) (float64, error)
		want   int
	}{
		{"constant", Config{}, always, minRounds},
		{"constant with a minimum", Config{MinRounds: 8}, always, 8},
		{"few", Config{MaxRounds: 2}, always, 2},
		{"noisy", Config{MaxRounds: 40}, noisy, 40},
		{"noisy without a direction", Config{MinRounds: 7, Units: []string{"another"}}, noisy, 7},
		{"budget", Config{Budget: time.Minute}, noisy, 19},
	} {
		s, _, err := schedule(t, test.config, &fake{value: test.value}, "A")
		if got, _ := s.result(); got.Rounds != test.want || err != nil {
			t.Errorf("%s: got %d rounds, %v, want %d", test.name, got.Rounds, err, test.want)
		}
	}
}

// TestWidth: rounds end as soon as the interval is narrow enough.
func TestWidth(t *testing.T) {
	var last int
	for _, width := range []float64{0.1, 0.05, 0.025} {
		random := rand.New(rand.NewPCG(1, 1))
		f := &fake{value: func(string, string) (float64, error) { return 1000 + 300*random.Float64(), nil }}
		s, _, err := schedule(t, Config{MinRounds: 6, MaxRounds: 1000, Width: width, Budget: time.Hour}, f, "A")
		if err != nil {
			t.Fatal(err)
		}
		result, _ := s.result()
		row := result.Rows[0]
		if row.Rounds <= last || row.Ratio.High-row.Ratio.Low > 2*width {
			t.Errorf("width %v: got %v after %d rounds, want more rounds than %d", width, row.Ratio, row.Rounds, last)
		}
		last = row.Rounds
	}
}

// TestBudget: the budget ends all rounds, and no benchmark begins that would
// exceed it.
func TestBudget(t *testing.T) {
	s, _, err := schedule(t, Config{MinRounds: 100, Budget: 20 * time.Second}, &fake{value: always}, "A", "B")
	if rounds := s.tasks[0].rounds + s.tasks[1].rounds; rounds != 6 || s.elapsed != 18*time.Second || err != nil {
		t.Errorf("got %d rounds in %v, %v, want 6 in 18s", rounds, s.elapsed, err)
	}
}

func TestFailuresEndTheirBenchmarks(t *testing.T) {
	n := 0
	f := &fake{value: func(benchmark, side string) (float64, error) {
		if n++; benchmark == "A" || benchmark == "B" && n > 20 {
			return 0, fmt.Errorf("%s fails", benchmark)
		}
		return 1000, nil
	}}
	s, _, err := schedule(t, Config{MinRounds: 6}, f, "A", "B", "C")
	result, failures := s.result()
	if err != nil || len(result.Rows) != 2 || s.tasks[2].rounds != 6 {
		t.Errorf("got %v, %v", result, err)
	}
	unjudged := fmt.Sprint(result.Unjudged)
	for _, want := range []string{"A is not judged: finding b.N: A fails", "B is not judged: B fails"} {
		if isNew := s.tasks[1].failed.name == "new" && want[0] == 'B'; isNew && (failures == nil || failures.Error() != "B fails") || !isNew && !strings.Contains(unjudged, want) {
			t.Errorf("got %s and the error %v, want %q", unjudged, failures, want)
		}
	}
}

func TestProgress(t *testing.T) {
	_, progress, err := schedule(t, Config{MinRounds: 6, MaxRounds: 6, Budget: time.Minute}, &fake{value: always}, "A", "B")
	if err != nil {
		t.Fatal(err)
	}
	want := `# calibrated 1 of 2 benchmarks
# round 2: 0 of 2 finished, 12s elapsed, at most about 24s left
# round 4: 0 of 2 finished, 24s elapsed, at most about 12s left
# round 6: 2 of 2 finished, 36s elapsed, at most about 0s left
`
	if progress != want {
		t.Errorf("got\n%swant\n%s", progress, want)
	}
}

// TestBinariesTakeTurns: the runs of one round use binaries of equal numbers, and the rounds use
// one after the other.
func TestBinariesTakeTurns(t *testing.T) {
	s := side{binaries: []string{"a", "b", "c"}}
	for round, want := range []string{"a", "b", "c", "a"} {
		if got := s.in(round).binary; got != want {
			t.Errorf("round %d: got %s, want %s", round, got, want)
		}
	}
	sides := [3]side{{binaries: s.binaries}, {binaries: s.binaries}, {binaries: s.binaries}}
	tasks := newScheduler(Config{}, new(runner), sides, &found{both: []string{"A"}}, new(files), time.Time{}).tasks
	if got := tasks[0].series[0].binaries; got != 3 {
		t.Errorf("a series has %d binaries, want 3", got)
	}
	rounds := make([]round, 8)
	for i := range rounds {
		rounds[i] = round{old: values{"ns/op": 1}, new: values{"ns/op": 1}, placebo: values{"ns/op": 1}}
	}
	for binaries, want := range map[int][]int{0: {0, 1, 2, 3, 4, 5, 6, 7}, 3: {0, 1, 2, 0, 1, 2, 0, 1}} {
		if got := (series{rounds: rounds, binaries: binaries}).samples("ns/op").group; !slices.Equal(got, want) {
			t.Errorf("%d binaries: the groups are %v, want %v", binaries, got, want)
		}
	}
}
