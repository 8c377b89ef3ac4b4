package echobench_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/compare"
)

// The flags of TestCompare, which make compare sets.
var (
	compareOld    = flag.String("compare.old", "", "the git revision that TestCompare compares with; empty skips it")
	compareNew    = flag.String("compare.new", ".", "the git revision to compare, . for the working tree, or a range such as v1.0.0..main for a history of its commits")
	compareWith   = flag.String("compare.with", "", "modules at other versions in the new build, such as google.golang.org/grpc@v1.84.0, separated by commas")
	compareBench  = flag.String("compare.bench", "^BenchmarkEcho$", "the benchmarks to compare, as for -bench")
	compareUnits  = flag.String("compare.units", "", "the units to judge, separated by commas; empty means all")
	compareBudget = flag.String("compare.budget", "20m", "the time for the comparison")
	compareWithin = flag.Float64("compare.tolerance", 0.05, "ratios within 1 ± this are the same")
	compareFit    = flag.Bool("compare.fit", false, "stop if the machine is too noisy")
	compareLayout = flag.Bool("compare.onelayout", false, "build each side once, as go test does, instead of in up to 16 layouts")
	compareFolder = flag.String("compare.folder", "", "the folder for the samples and verdict.csv; empty means none")
)

// After a mistake in a flag, one line follows it rather than the list of all flags.
func init() {
	list := flag.Usage
	flag.Usage = func() {
		if help := func(arg string) bool {
			return strings.TrimLeft(arg, "-") == "h" || strings.TrimLeft(arg, "-") == "help"
		}; slices.ContainsFunc(os.Args, help) {
			list()
		} else {
			fmt.Fprintln(os.Stderr, "-h lists the flags")
		}
	}
}

// TestCompare is make compare. It compares two builds of the benchmarks and prints
// the verdicts. It exits with 1 if something is slower, with 3 if too much is
// unmeasurable to tell, and with 2 if the comparison fails. Flags of the suite,
// such as -proto, are passed on to the benchmarks.
func TestCompare(t *testing.T) {
	if *compareOld == "" {
		t.Skip("run make compare OLD=REV, or set -compare.old")
	}
	c, err := comparison()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	c.Progress = os.Stderr
	if strings.Contains(*compareNew, "..") {
		history(t, c)
		return
	}
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

// history compares each commit of a range.
func history(t *testing.T, c compare.Config) {
	if err := compare.History(t.Context(), c, *compareNew); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// comparison returns what the flags ask for.
func comparison() (compare.Config, error) {
	budget, err := time.ParseDuration(*compareBudget)
	if err != nil || budget <= 0 {
		return compare.Config{}, fmt.Errorf("compare: budget %q: want a time of more than 0, such as 20m", *compareBudget)
	}
	if _, err := flags.Suite(protocols(), variants()...); err != nil {
		mistake, _, _ := strings.Cut(err.Error(), "; the known ones") // a list of many lines
		return compare.Config{}, errors.New(mistake)
	}
	c := compare.Config{
		Old:    compare.Build{Rev: *compareOld},
		New:    compare.Build{With: fields(*compareWith)},
		Bench:  *compareBench,
		Units:  fields(*compareUnits),
		Budget: budget,
		Folder: *compareFolder,

		Tolerance:  *compareWithin,
		OneLayout:  *compareLayout,
		RequireFit: *compareFit,
	}
	if *compareNew != "." && !strings.Contains(*compareNew, "..") {
		c.New.Rev = *compareNew
	}
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") && !strings.HasPrefix(f.Name, "compare.") {
			c.Args = append(c.Args, "-"+f.Name+"="+f.Value.String())
		}
	})
	return c, nil
}

// fields splits a list that is separated by commas. An empty list is nil.
func fields(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// TestCompareMistakes: a mistake is said in one line.
func TestCompareMistakes(t *testing.T) {
	for _, c := range []struct{ flag, want string }{
		{"-compare.budget=banana", `compare: budget "banana": want a time of more than 0, such as 20m` + "\n"},
		{"-compare.budget=0", `compare: budget "0": want a time of more than 0, such as 20m` + "\n"},
		{"-proto=tpc", `-proto: echobench: unknown variant "tpc"` + "\n"},
		{"-unknown", "flag provided but not defined: -unknown\n-h lists the flags\n"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCompare$", "-compare.old=HEAD", c.flag)
		if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != 2 || string(out) != c.want {
			t.Errorf("%s: got %v and %q, want exit status 2 and %q", c.flag, err, out, c.want)
		}
	}
}
