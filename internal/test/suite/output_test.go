package suite_test

import (
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/results"
)

func TestSuiteOutputParses(t *testing.T) {
	for _, server := range []string{"inproc", "child"} {
		out, ok := runFixture(t, "-server="+server, "-test.count=2", "-test.benchtime=10000x")
		if !ok {
			t.Fatal(out)
		}
		s := results.Check(t, server, strings.NewReader(out))
		if len(s.Cells) != 2 || len(s.Configs) != 1 {
			t.Errorf("server=%s: %d cells in %d configurations, want 2 in 1:\n%s", server, len(s.Cells), len(s.Configs), out)
		}
		for _, unit := range []string{"sec/op", "p50-sec", "p99-sec", "p999-sec", "mean-sec", "ops/s", "B/op", "allocs/op"} {
			if !s.Units[unit] {
				t.Errorf("server=%s: no %s in:\n%s", server, unit, out)
			}
		}
	}
}
