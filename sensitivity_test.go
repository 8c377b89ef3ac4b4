package echobench_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/compare"
	"github.com/echobench/echobench/internal/slowed"
)

// The flags of TestSensitivity.
var (
	sensitivity        = flag.Int("sensitivity", 0, "how many comparisons TestSensitivity makes; 0 skips it")
	sensitivityPercent = flag.Float64("sensitivity.percent", 5, "by how many percent the new build is slower")
	sensitivityUnit    = flag.String("sensitivity.unit", "ns/op", "the unit in which that must be found")
	sensitivityBudget  = flag.Duration("sensitivity.budget", 2*time.Minute, "the time of each comparison")
)

// TestSensitivity is the proof that comparisons find a build that is slower by a
// known amount: at least 9 of 10 comparisons must call it slower. Both builds are
// this test binary, with different values of slowed.Env. -par selects the cells;
// 64 bytes of data are sent.
//
//	go test -run TestSensitivity -timeout 0 -v . -sensitivity 10 -sensitivity.percent 5 -par 1
func TestSensitivity(t *testing.T) {
	if *sensitivity == 0 {
		t.Skip("takes minutes: set -sensitivity to a number of comparisons")
	}
	folder := t.TempDir()
	par := flag.Lookup("par").Value.String()
	found := map[string]int{}
	for i := range *sensitivity {
		result, err := compare.Run(t.Context(), compare.Config{
			Old:       compare.Build{Binary: slowedBinary(t, folder, "old", 0)},
			New:       compare.Build{Binary: slowedBinary(t, folder, "new", *sensitivityPercent)},
			Bench:     "^BenchmarkEcho$",
			Args:      []string{"-proto=slowed", "-size=64B", "-par=" + par, "-metrics=latency"},
			Units:     []string{*sensitivityUnit},
			Tolerance: 0.03,
			Budget:    *sensitivityBudget,
			Seed:      uint64(i + 1),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range result.Rows {
			t.Logf("comparison %d: %s: %s, ratio %.3f [%.3f, %.3f], %d rounds in %v", i+1, row.Benchmark, row.Verdict,
				row.Ratio.Ratio, row.Ratio.Low, row.Ratio.High, row.Rounds, result.Elapsed.Round(time.Second))
			found[row.Benchmark] += 0
			if row.Verdict == compare.Slower {
				found[row.Benchmark]++
			}
		}
	}
	for benchmark, n := range found {
		t.Logf("%s: slower by %v%% was found in %d of %d comparisons", benchmark, *sensitivityPercent, n, *sensitivity)
		if 10*n < 9**sensitivity {
			t.Errorf("%s: want it found in at least 9 of 10", benchmark)
		}
	}
	if want := max(1, len(slices.DeleteFunc(strings.Split(par, ","), func(s string) bool { return s == "" }))); len(found) < want {
		t.Errorf("%d cells were compared, want %d", len(found), want)
	}
}

// slowedBinary returns a script that runs this test binary with slowed.Env set.
func slowedBinary(t *testing.T, folder, name string, percent float64) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(folder, name+".test")
	text := fmt.Sprintf("#!/bin/sh\n%s=%v exec '%s' \"$@\"\n", slowed.Env, percent, exe)
	if err := os.WriteFile(script, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	return script
}
