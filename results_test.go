package echobench_test

import (
	"cmp"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// A summary is what checkResults found in a file.
type summary struct {
	cells   map[string]int // samples by /proto/size/par
	units   map[string]bool
	configs map[string]bool   // distinct file configurations
	tidied  map[string]string // original unit by the unit that benchstat shows
}

// checkResults reads benchmark output as benchstat does, and fails t for
// everything that would spoil a table.
func checkResults(t *testing.T, name string, r io.Reader) summary {
	t.Helper()
	s := summary{cells: map[string]int{}, units: map[string]bool{}, configs: map[string]bool{}, tidied: map[string]string{}}
	var parser benchproc.ProjectionParser
	grid, configs := project(t, &parser, "/proto /size@num /par@num"), project(t, &parser, ".config")
	reader := benchfmt.NewReader(r, name)
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Errorf("%v", rec)
		case *benchfmt.Result:
			key := grid.Project(rec)
			for _, field := range grid.Fields() {
				if key.Get(field) == "" {
					t.Errorf("%s has no %s", rec.Name, field)
				}
			}
			s.cells[key.String()]++
			s.configs[configs.Project(rec).String()] = true
			for _, v := range rec.Values {
				s.addValue(t, rec.Name, v)
			}
		}
	}
	if err := reader.Err(); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	standard := map[string]bool{"sec/op": true, "B/s": true, "B/op": true, "allocs/op": true}
	for unit := range s.units {
		if !standard[unit] && reader.Units().Get(unit, "better") == nil {
			t.Errorf("%s: unit %s has no Unit line that says which direction is better", name, unit)
		}
	}
	return s
}

// addValue adds one value of a result line.
func (s summary) addValue(t *testing.T, cell benchfmt.Name, v benchfmt.Value) {
	t.Helper()
	original := cmp.Or(v.OrigUnit, v.Unit)
	if first, ok := s.tidied[v.Unit]; ok && first != original {
		t.Errorf("%s: unit %s comes from %s and from %s, which makes two tables", cell, v.Unit, first, original)
	}
	s.tidied[v.Unit] = original
	if v.Value == 0 && (strings.HasSuffix(original, "-ns") || strings.HasPrefix(original, "ns/") || strings.HasPrefix(original, "MB/")) {
		t.Errorf("%s: 0 %s, which benchstat would not convert", cell, original)
	}
	s.units[v.Unit] = true
}

func project(t *testing.T, parser *benchproc.ProjectionParser, expr string) *benchproc.Projection {
	t.Helper()
	// Projections keep state, and their parser wants a filter for fixed orders.
	filter, err := benchproc.NewFilter("*")
	if err != nil {
		t.Fatal(err)
	}
	p, err := parser.Parse(expr, filter)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSuiteOutputParses(t *testing.T) {
	for _, server := range []string{"inproc", "child"} {
		out, ok := runFixture(t, "-server="+server, "-test.count=2", "-test.benchtime=20000x")
		if !ok {
			t.Fatal(out)
		}
		s := checkResults(t, server, strings.NewReader(out))
		if len(s.cells) != 2 || len(s.configs) != 1 {
			t.Errorf("server=%s: %d cells in %d configurations, want 2 in 1:\n%s", server, len(s.cells), len(s.configs), out)
		}
		for _, unit := range []string{"sec/op", "p50-sec", "p99-sec", "p999-sec", "mean-sec", "ops/s", "B/op", "allocs/op"} {
			if !s.units[unit] {
				t.Errorf("server=%s: no %s in:\n%s", server, unit, out)
			}
		}
	}
}

// TestResultsFile checks the output of a run that CI made.
func TestResultsFile(t *testing.T) {
	name := os.Getenv("ECHOBENCH_RESULTS")
	if name == "" {
		t.Skip("ECHOBENCH_RESULTS names no file to check")
	}
	want, err := strconv.Atoi(os.Getenv("ECHOBENCH_CELLS"))
	if err != nil {
		t.Fatalf("ECHOBENCH_CELLS: %v", err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if s := checkResults(t, name, f); len(s.cells) != want {
		t.Errorf("%s: %d cells, want %d", name, len(s.cells), want)
	}
}

func TestBaselineIsWhole(t *testing.T) {
	f, err := os.Open("testdata/baseline.txt")
	if errors.Is(err, os.ErrNotExist) {
		t.Fatal("no baseline: make bench RESULTS=testdata/baseline.txt writes one")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := checkResults(t, "baseline.txt", f)
	if len(s.cells) != 125 || len(s.configs) != 1 {
		t.Errorf("%d cells in %d configurations, want 125 in 1", len(s.cells), len(s.configs))
	}
	for cell, n := range s.cells {
		if n < 6 {
			t.Errorf("%s: %d samples, want 6 or more for a confidence interval", cell, n)
		}
	}
}
