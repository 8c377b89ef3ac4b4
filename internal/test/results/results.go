// Package results checks the output of benchmarks as benchstat reads it.
package results

import (
	"cmp"
	"io"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// A Summary is what Check found in a file.
type Summary struct {
	Cells   map[string]int // samples by /proto/size/par
	Units   map[string]bool
	Configs map[string]bool   // distinct file configurations
	tidied  map[string]string // original unit by the unit that benchstat shows
}

// Check reads benchmark output as benchstat does, and fails tb for everything that
// would spoil a table.
func Check(tb testing.TB, name string, r io.Reader) Summary {
	tb.Helper()
	s := Summary{Cells: map[string]int{}, Units: map[string]bool{}, Configs: map[string]bool{}, tidied: map[string]string{}}
	var parser benchproc.ProjectionParser
	grid, configs := Project(tb, &parser, "/proto /size@num /par@num"), Project(tb, &parser, ".config")
	reader := benchfmt.NewReader(r, name)
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			tb.Errorf("%v", rec)
		case *benchfmt.Result:
			key := grid.Project(rec)
			for _, field := range grid.Fields() {
				if key.Get(field) == "" {
					tb.Errorf("%s has no %s", rec.Name, field)
				}
			}
			s.Cells[key.String()]++
			s.Configs[configs.Project(rec).String()] = true
			for _, v := range rec.Values {
				s.addValue(tb, rec.Name, v)
			}
		}
	}
	if err := reader.Err(); err != nil {
		tb.Errorf("%s: %v", name, err)
	}
	standard := map[string]bool{"sec/op": true, "B/s": true, "B/op": true, "allocs/op": true}
	for unit := range s.Units {
		if !standard[unit] && reader.Units().Get(unit, "better") == nil {
			tb.Errorf("%s: unit %s has no Unit line that says which direction is better", name, unit)
		}
	}
	return s
}

// addValue adds one value of a result line.
func (s Summary) addValue(tb testing.TB, cell benchfmt.Name, v benchfmt.Value) {
	tb.Helper()
	original := cmp.Or(v.OrigUnit, v.Unit)
	if first, ok := s.tidied[v.Unit]; ok && first != original {
		tb.Errorf("%s: unit %s comes from %s and from %s, which makes two tables", cell, v.Unit, first, original)
	}
	s.tidied[v.Unit] = original
	if v.Value == 0 && (strings.HasSuffix(original, "-ns") || strings.HasPrefix(original, "ns/") || strings.HasPrefix(original, "MB/")) {
		tb.Errorf("%s: 0 %s, which benchstat would not convert", cell, original)
	}
	s.Units[v.Unit] = true
}

// Project returns the projection of results that benchstat would make of expr.
func Project(tb testing.TB, parser *benchproc.ProjectionParser, expr string) *benchproc.Projection {
	tb.Helper()
	// Projections keep state, and their parser wants a filter for fixed orders.
	filter, err := benchproc.NewFilter("*")
	if err != nil {
		tb.Fatal(err)
	}
	p, err := parser.Parse(expr, filter)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
