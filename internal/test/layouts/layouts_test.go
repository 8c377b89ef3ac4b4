// Package layouts_test measures what it does to a comparison where a linker has put the
// functions. Its tests need an idle machine.
package layouts_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/echobench/echobench/compare"
	"github.com/echobench/echobench/internal/stats/paired"
)

var (
	comparisons = flag.Int("layouts", 0, "how many comparisons each test makes; 0 skips them")
	budget      = flag.Duration("layouts.budget", 3*time.Minute, "the budget of a comparison")
	fixed       = flag.Bool("layouts.fixed", false, "compare one layout of each build, as without layouts")
)

// A module is a throw-away repository with the module testdata/loops.
type module string

func newModule(t *testing.T) module {
	t.Helper()
	if *comparisons == 0 {
		t.Skip("takes half an hour and an idle machine: set -layouts to a number of comparisons")
	}
	m := module(filepath.Join(t.TempDir(), "loops"))
	if err := os.CopyFS(string(m), os.DirFS("testdata/loops")); err != nil {
		t.Fatal(err)
	}
	m.command(t, "git", "init", "-q")
	m.command(t, "git", "add", "--all")
	m.command(t, "git", "-c", "user.name=Own", "-c", "user.email=own@example.com", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "a commit")
	t.Chdir(string(m))
	return m
}

func (m module) command(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = string(m)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// binary builds the module in one layout, of which the functions lie where the linker's
// default puts them in random order.
func (m module) binary(t *testing.T, layout int) compare.Build {
	t.Helper()
	name := filepath.Join(t.TempDir(), "loops.test")
	m.command(t, "go", "test", "-c", fmt.Sprintf("-ldflags=-s -w -randlayout=%d", 1_000_000+layout), "-o", name)
	return compare.Build{Binary: name}
}

// run makes one comparison with other layouts for each number, of HEAD and the working
// tree.
func (m module) run(t *testing.T, number int, c compare.Config) *compare.Result {
	t.Helper()
	c.Old.Rev, c.Units, c.Seed, c.Budget = "HEAD", []string{"ns/op"}, uint64(number+1), *budget
	if *fixed {
		c.Old, c.New = m.binary(t, 2*number), m.binary(t, 2*number+1)
	}
	result, err := compare.Run(t.Context(), c)
	if result == nil || err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := result.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Logf("comparison %d:\n%s", number+1, &table)
	return result
}

// TestSameSource compares one source with itself, in other layouts each time. At most 8.5%
// of the intervals of 20 small benchmarks may exclude 1, and none may be called slower in
// more than 2 of 10 comparisons. With -layouts.fixed, nothing is checked.
//
//	go test -run TestSameSource -timeout 0 -v ./internal/test/layouts -layouts 10
func TestSameSource(t *testing.T) {
	m := newModule(t)
	slower, rows, excluding, placebo := map[string]int{}, 0, 0, 0
	for i := range *comparisons {
		for _, row := range m.run(t, i, compare.Config{Bench: "Small"}).Rows {
			rows++
			excluding += excludes(row.Ratio)
			placebo += excludes(row.Placebo)
			if slower[row.Benchmark] += 0; row.Verdict == compare.Slower {
				slower[row.Benchmark]++
			}
		}
	}
	t.Logf("%d of %d intervals exclude 1, and %d of the placebo", excluding, rows, placebo)
	for _, name := range slices.Sorted(maps.Keys(slower)) {
		t.Logf("%s is called slower in %d of %d comparisons", name, slower[name], *comparisons)
		if !*fixed && 10*slower[name] > 2**comparisons {
			t.Errorf("%s: want it called slower in at most 2 of 10 comparisons", name)
		}
	}
	if want := 20 * *comparisons; rows != want {
		t.Errorf("there are %d rows, want %d", rows, want)
	}
	if !*fixed && 200*excluding > 17*rows {
		t.Errorf("%d of %d intervals exclude 1, want at most 17 of 200", excluding, rows)
	}
}

func excludes(i compare.Interval) int {
	if i.Low > 1 || i.High < 1 {
		return 1
	}
	return 0
}

// TestSlowerByFivePercent compares two lengths of a loop that differ by 5%. It must be
// called slower in 9 of 10 comparisons. It logs by how much the layouts differ.
//
//	go test -run TestSlowerByFivePercent -timeout 0 -v ./internal/test/layouts -layouts 10
func TestSlowerByFivePercent(t *testing.T) {
	m := newModule(t)
	if *fixed {
		t.Skip("it has another source in each build")
	}
	text, err := os.ReadFile("loops.go")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("loops.go", []byte(strings.Replace(string(text), "Steps = 100", "Steps = 105", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	found := 0
	for i := range *comparisons {
		folder := t.TempDir()
		result := m.run(t, i, compare.Config{Bench: "^BenchmarkChain$", Folder: folder})
		for _, row := range result.Rows {
			if row.Verdict == compare.Slower {
				found++
			}
		}
		t.Logf("the slowest layout takes %.3f times as long as the fastest", spread(t, filepath.Join(folder, "old.txt"), layouts(t, result)))
	}
	t.Logf("called slower in %d of %d comparisons", found, *comparisons)
	if 10*found < 9**comparisons {
		t.Error("want it called slower in at least 9 of 10 comparisons")
	}
}

// layouts returns how many layouts each build had.
func layouts(t *testing.T, result *compare.Result) (n int) {
	t.Helper()
	for _, line := range result.Build {
		if _, err := fmt.Sscanf(line, "%d layouts of each side", &n); err == nil {
			return n
		}
	}
	t.Fatalf("the builds had no layouts: %q", result.Build)
	return 0
}

// spread returns the ratio of the slowest to the fastest of the layouts in a file, which
// has one sample of each after the other.
func spread(t *testing.T, file string, layouts int) float64 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	samples, n := make([][]float64, layouts), 0
	for reader := benchfmt.NewReader(f, file); reader.Scan(); {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			ns, _ := result.Value("sec/op")
			samples[n%layouts] = append(samples[n%layouts], ns)
			n++
		}
	}
	if n < layouts {
		t.Fatalf("%s has %d samples, want at least %d", file, n, layouts)
	}
	var medians []float64
	for _, of := range samples {
		medians = append(medians, paired.Median(of))
	}
	return slices.Max(medians) / slices.Min(medians)
}
