package echobench_test

import (
	"flag"
	"fmt"
	"maps"
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
	sensitivityUnits   = flag.String("sensitivity.units", "ns/op,p99-ns", "the units to judge; the slowdown must be found in the first")
	sensitivityBudget  = flag.Duration("sensitivity.budget", 2*time.Minute, "the time of each comparison")
)

// TestSensitivity is the proof that comparisons find a build that is slower by a
// known amount: at least 9 of 10 comparisons must call it slower in ns/op. How many
// of them call it slower in p99-ns is reported. Both builds are
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
	units, found := fields(*sensitivityUnits), map[string]int{}
	for i := range *sensitivity {
		result, err := compare.Run(t.Context(), compare.Config{
			Old:       compare.Build{Binary: slowedBinary(t, folder, "old", 0)},
			New:       compare.Build{Binary: slowedBinary(t, folder, "new", *sensitivityPercent)},
			Bench:     "^BenchmarkEcho$",
			Args:      []string{"-proto=slowed", "-size=64B", "-par=" + par, "-metrics=latency"},
			Units:     units,
			Tolerance: 0.03,
			Budget:    *sensitivityBudget,
			Seed:      uint64(i + 1),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range result.Rows {
			name := row.Benchmark + " " + row.Unit
			t.Logf("comparison %d: %s: %s, ratio %.3f [%.3f, %.3f], %d rounds in %v", i+1, name, row.Verdict,
				row.Ratio.Ratio, row.Ratio.Low, row.Ratio.High, row.Rounds, result.Elapsed.Round(time.Second))
			found[name] += 0
			if row.Verdict == compare.Slower {
				found[name]++
			}
		}
	}
	judged := 0
	for _, name := range slices.Sorted(maps.Keys(found)) {
		t.Logf("%s: slower by %v%% was found in %d of %d comparisons", name, *sensitivityPercent, found[name], *sensitivity)
		if !strings.HasSuffix(name, " "+units[0]) {
			continue
		}
		if judged++; 10*found[name] < 9**sensitivity {
			t.Errorf("%s: want it found in at least 9 of 10 comparisons", name)
		}
	}
	if judged == 0 {
		t.Errorf("no cell was compared in %s", units[0])
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
