package sensitivity_test

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

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/compare"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/slowed"
	"github.com/echobench/echobench/tcp"
)

var (
	flags       = echobench.NewFlags(flag.CommandLine)
	sensitivity = flag.Int("sensitivity", 0, "how many comparisons each part of TestSensitivity makes; 0 skips it")
)

// BenchmarkEcho is what the comparisons run.
func BenchmarkEcho(b *testing.B) {
	flags.Run(b, []echo.Variant{
		{Name: "slowed", Transport: slowed.FromEnv(&tcp.Transport{})},
		{Name: "tcp", Transport: &tcp.Transport{}},
	})
}

// A slowdown is a part of TestSensitivity.
type slowdown struct {
	name      string
	percent   float64 // by which the new build of the transport named slowed is slower
	par       string  // the numbers of workers, as for -par
	protos    string  // the transports that are compared, as for -proto
	tolerance float64
	budget    time.Duration
	must      bool // it must be found in 9 of 10 comparisons
}

var slowdowns = []slowdown{
	{"5%/par=1", 5, "1", "slowed", 0.03, 2 * time.Minute, true},
	{"10%/par=1,50,500", 10, "1,50,500", "slowed,tcp", 0.05, 2 * time.Minute, true},
	{"2%/par=1", 2, "1", "slowed", 0.01, time.Minute, false},
	{"5%/par=50,500", 5, "50,500", "slowed,tcp", 0.03, 2 * time.Minute, false},
}

// TestSensitivity is the proof that comparisons find a build that is slower by a
// known amount. In the parts that must find it, at least 9 of 10 comparisons must call
// each slowed cell slower in ns/op, and at most 1 of 10 may call anything else slower:
// tcp, which is the same in both builds. What the other parts find, and how many find
// it in p99-ns, is reported. Both builds are this test binary, with different values
// of slowed.Env. 64 bytes of data are sent.
//
//	go test -run 'TestSensitivity$' -timeout 0 -v ./internal/test/sensitivity -sensitivity 10
func TestSensitivity(t *testing.T) {
	if *sensitivity == 0 {
		t.Skip("takes an hour and an idle machine: set -sensitivity to a number of comparisons")
	}
	for _, s := range slowdowns {
		t.Run(s.name, s.test)
	}
}

// test makes the comparisons, and checks how many found what.
func (s slowdown) test(t *testing.T) {
	folder, found, others := t.TempDir(), map[string]int{}, 0
	for i := range *sensitivity {
		result, err := compare.Run(t.Context(), compare.Config{
			Old:       compare.Build{Binary: slowedBinary(t, folder, "old", 0)},
			New:       compare.Build{Binary: slowedBinary(t, folder, "new", s.percent)},
			Bench:     "^BenchmarkEcho$",
			Args:      []string{"-proto=" + s.protos, "-size=64B", "-par=" + s.par, "-metrics=latency"},
			Units:     []string{"ns/op", "p99-ns"},
			Tolerance: s.tolerance,
			Budget:    s.budget,
			Seed:      uint64(i + 1),
		})
		if err != nil {
			t.Fatal(err)
		}
		wrong := false
		for _, row := range result.Rows {
			name := row.Benchmark + " " + row.Unit
			t.Logf("comparison %d: %s: %s, ratio %.3f [%.3f, %.3f], placebo %.3f, %d rounds in %v", i+1, name, row.Verdict, row.Ratio.Ratio,
				row.Ratio.Low, row.Ratio.High, row.Placebo.Ratio, row.Rounds, result.Elapsed.Round(time.Second))
			if found[name] += 0; row.Verdict == compare.Slower {
				found[name]++
				wrong = wrong || !strings.Contains(name, "/proto=slowed/")
			}
		}
		if wrong {
			others++
		}
	}
	s.check(t, found, others)
}

// check checks in how many comparisons each row was found to be slower, and in how
// many another one than those of slowed.
func (s slowdown) check(t *testing.T, found map[string]int, others int) {
	t.Logf("%d of %d comparisons call something else slower", others, *sensitivity)
	if s.must && 10*others > *sensitivity {
		t.Errorf("%d of %d comparisons call something else slower, want 1 of 10 at most", others, *sensitivity)
	}
	judged := 0
	for _, name := range slices.Sorted(maps.Keys(found)) {
		t.Logf("%s: called slower in %d of %d comparisons", name, found[name], *sensitivity)
		if !strings.Contains(name, "/proto=slowed/") || !strings.HasSuffix(name, " ns/op") {
			continue
		}
		if judged++; s.must && 10*found[name] < 9**sensitivity {
			t.Errorf("%s: want it called slower in at least 9 of 10 comparisons", name)
		}
	}
	if judged == 0 {
		t.Error("no cell was compared in ns/op")
	}
}

// slowedBinary returns a script that runs this test binary with slowed.Env set, to a
// text whose length does not depend on the percentage.
func slowedBinary(t *testing.T, folder, name string, percent float64) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(folder, name+".test")
	text := fmt.Sprintf("#!/bin/sh\n%s=%06.2f exec '%s' \"$@\"\n", slowed.Env, percent, exe)
	if err := os.WriteFile(script, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	return script
}
