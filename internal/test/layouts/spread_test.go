package layouts_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"github.com/echobench/echobench/internal/stats/paired"
)

// BenchmarkSpread links one source in 8 layouts, and measures each of its benchmarks in
// all of them: the slowest layout over the fastest, of the benchmark with the largest
// such ratio and of that in the middle. The time in a layout is the shortest of 30 short
// runs, so that a busy machine changes little. It takes about 2 minutes:
//
//	go test -run '^$' -bench Spread -benchtime 1x ./internal/test/layouts
func BenchmarkSpread(b *testing.B) {
	const layouts, passes = 8, 3
	for name, align := range map[string]string{"default": "", "64": "-funcalign=64"} {
		b.Run("align="+name, func(b *testing.B) {
			var binaries [layouts]string
			for i := range binaries {
				binaries[i] = filepath.Join(b.TempDir(), "loops.test")
				cmd := exec.CommandContext(b.Context(), "go", "test", "-c", fmt.Sprintf("-ldflags=-s -w %s -randlayout=%d", align, 1_000_001+i), "-o", binaries[i])
				cmd.Dir = "testdata/loops"
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("go test -c: %v\n%s", err, out)
				}
			}
			shortest := map[string][]float64{}
			for range passes {
				for i, binary := range binaries {
					for name, ns := range shortestRuns(b, binary) {
						if shortest[name] == nil {
							shortest[name] = slices.Repeat([]float64{math.Inf(1)}, layouts)
						}
						shortest[name][i] = min(shortest[name][i], ns)
					}
				}
			}
			var ratios []float64
			for _, of := range shortest {
				ratios = append(ratios, slices.Max(of)/slices.Min(of))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(slices.Max(ratios), "max-ratio")
			b.ReportMetric(paired.Median(ratios), "median-ratio")
		})
	}
}

// shortestRuns returns the shortest of 10 runs of each benchmark, in seconds.
func shortestRuns(b *testing.B, binary string) map[string]float64 {
	cmd := exec.CommandContext(b.Context(), binary, "-test.bench=.", "-test.benchtime=30000x", "-test.count=10")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	shortest := map[string]float64{}
	for reader := benchfmt.NewReader(strings.NewReader(string(out)), binary); reader.Scan(); {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			seconds, _ := result.Value("sec/op")
			name := result.Name.String()
			if before, ok := shortest[name]; !ok || seconds < before {
				shortest[name] = seconds
			}
		}
	}
	return shortest
}
