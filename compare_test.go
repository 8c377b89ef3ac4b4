package echobench_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/compare"
)

// The flags of TestCompare, which make compare sets.
var (
	compareOld    = flag.String("compare.old", "", "the git revision that TestCompare compares with; empty skips it")
	compareNew    = flag.String("compare.new", ".", "the git revision to compare, or . for the working tree")
	compareWith   = flag.String("compare.with", "", "modules at other versions in the new build, such as google.golang.org/grpc@v1.84.0, separated by commas")
	compareBench  = flag.String("compare.bench", "^BenchmarkEcho$", "the benchmarks to compare, as for -bench")
	compareUnits  = flag.String("compare.units", "", "the units to judge, separated by commas; empty means all")
	compareBudget = flag.Duration("compare.budget", 20*time.Minute, "the time for all rounds together")
	compareFit    = flag.Bool("compare.fit", false, "stop if the machine is too noisy")
	compareLayout = flag.Bool("compare.onelayout", false, "build each side once, as go test does, instead of in up to 16 layouts")
	compareFolder = flag.String("compare.folder", "", "the folder for the samples and verdict.csv; empty means none")
)

// TestCompare is make compare. It compares two builds of the benchmarks and prints
// the verdicts. It exits with 1 if something is slower, with 3 if too much is
// unmeasurable to tell, and with 2 if the comparison fails. Flags of the suite,
// such as -proto, are passed on to the benchmarks.
func TestCompare(t *testing.T) {
	if *compareOld == "" {
		t.Skip("run make compare OLD=REV, or set -compare.old")
	}
	c := comparison()
	c.Progress = os.Stderr
	result, err := compare.Run(t.Context(), c)
	if result != nil {
		if writeErr := result.WriteTable(os.Stdout); writeErr != nil {
			t.Error(writeErr)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if status := result.Status(); status != 0 {
		os.Exit(status)
	}
}

// comparison returns what the flags ask for.
func comparison() compare.Config {
	c := compare.Config{
		Old:    compare.Build{Rev: *compareOld},
		New:    compare.Build{With: fields(*compareWith)},
		Bench:  *compareBench,
		Units:  fields(*compareUnits),
		Budget: *compareBudget,
		Folder: *compareFolder,

		OneLayout:  *compareLayout,
		RequireFit: *compareFit,
	}
	if *compareNew != "." {
		c.New.Rev = *compareNew
	}
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") && !strings.HasPrefix(f.Name, "compare.") {
			c.Args = append(c.Args, "-"+f.Name+"="+f.Value.String())
		}
	})
	return c
}

// fields splits a list that is separated by commas. An empty list is nil.
func fields(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
