package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/echobench/echobench/internal/stats/fitness"
)

// A Config describes a comparison. Its zero value compares the working tree with
// itself.
type Config struct {
	// Old and New are the two builds.
	Old, New Build

	// Package is the folder of the package to test, relative to the module's root;
	// empty means the root. It may be in another module, as ../.. is for a gate in a
	// nested module.
	Package string

	// Bench is the regular expression that selects benchmarks, as that of go test
	// -bench; empty means all.
	Bench string

	// Args are further arguments of the test binary, such as -proto tcp.
	// They cannot be flags of go test that Run sets itself, such as -test.count.
	Args []string

	// BuildFlags are flags of go build for all builds, such as -tags=slow, one in each
	// string. They are added to what is known about how the test binary that calls Run or
	// Gate was built. Such a binary does not record -mod, -modfile, -overlay and -toolexec,
	// nor -ldflags if it was built with -trimpath. Relative paths are relative to the
	// module's root.
	BuildFlags []string

	// OneLayout builds each side once, as go test does. Otherwise it is linked up to 16
	// times with its functions in random order, so that where they happen to lie does not
	// count as a difference. Linking takes a quarter of the budget at most, unless there
	// were fewer than 6 layouts.
	OneLayout bool

	// Units are the units to judge, such as ns/op; nil means all that have a
	// direction. A sum, such as user-ns/op+sys-ns/op, is judged like a unit of which
	// less is better.
	Units []string

	// Optional is a regular expression of benchmarks that may remain without a verdict,
	// because they fail in old, or skip, or because there is no time for them. Empty means
	// that every benchmark must have one, except those that skip if Bench is empty.
	// A benchmark that fails in new only is always an error, and one that only one
	// build has needs no verdict.
	Optional string

	// Accepted are rows that may be slower for a time.
	Accepted []Accepted

	// Tolerance says which ratios count as the same: those within 1 ± Tolerance.
	// 0 means 0.05.
	Tolerance float64

	// Width is the half-width of an interval that is narrow enough for no further
	// round; 0 means half of Tolerance.
	Width float64

	// MinRounds and MaxRounds limit the rounds of each benchmark. 0 means 16 and 100.
	MinRounds, MaxRounds int

	// Sample is about how long one run of a benchmark measures; 0 means 50 ms. A
	// benchmark whose process takes more than three times as long besides is measured
	// for a third of that time, but at most 10 times Sample. One whose b.N of 1 takes longer
	// has one iteration.
	Sample time.Duration

	// Budget limits the time of the comparison: building, finding the benchmarks and
	// their b.N, and all rounds; 0 means 20 minutes. What is left of it after MinRounds
	// goes to the benchmarks whose intervals can become narrow enough.
	Budget time.Duration

	// Seed determines the order of the runs in each round; 0 means 1.
	Seed uint64

	// Folder is where old.txt, new.txt and placebo.txt with every sample, and
	// verdict.csv and verdict.md, are written. It is created, and files of an earlier comparison
	// are replaced. Empty means none.
	Folder string

	// Progress is where progress lines go; nil means nowhere. The first of them say
	// how much the machine disturbs measurements: how late timers are, how much the
	// times of loopback round trips differ, and how much of the processors others
	// use. The files begin with the same lines.
	Progress io.Writer

	// RequireFit ends the comparison with an error before any benchmark runs if
	// the machine is too noisy.
	RequireFit bool

	checkMachine func(context.Context) fitness.Report          // nil means fitness.Check
	readOwn      func() (info *debug.BuildInfo, test []string) // nil means readOwn
}

// Accepted says which rows may be slower, until when and why.
type Accepted struct {
	Bench  string // a regular expression that matches the name of the benchmark
	Unit   string // empty means all units
	Until  string // the last day, such as 2027-03-31
	Reason string
}

// covers reports whether the row may be slower at that time.
func (a Accepted) covers(r Row, now time.Time) bool {
	return matches(a.Bench, r.Benchmark) && (a.Unit == "" || a.Unit == r.Unit) && now.Format(time.DateOnly) <= a.Until
}

func (a Accepted) check() error {
	if _, err := regexp.Compile(a.Bench); err != nil || a.Bench == "" {
		return fmt.Errorf("accepted: benchmark %q: want a regular expression: %w", a.Bench, err)
	}
	if _, err := time.Parse(time.DateOnly, a.Until); err != nil {
		return fmt.Errorf("accepted: %s until %q: want the last day, such as 2027-03-31", a.Bench, a.Until)
	}
	if a.Reason == "" {
		return fmt.Errorf("accepted: %s until %s: want a reason", a.Bench, a.Until)
	}
	return nil
}

// minRounds is the number of rounds of each benchmark, unless Config.MinRounds says
// otherwise. Rounds go on until the interval is narrow enough: one that is narrow by
// chance after fewer rounds would contain the ratio less often than its confidence
// says (TestStopByWidth in internal/stats/paired). So many rounds are also enough for a
// large difference in one row of a million to remain significant after adjustment.
const minRounds = 16

// complete replaces zero values by their defaults and returns the first mistake.
func (c *Config) complete() error {
	for _, side := range []struct {
		name  string
		build Build
	}{{"Old", c.Old}, {"New", c.New}} {
		if err := side.build.check(); err != nil {
			return fmt.Errorf("%s: %w", side.name, err)
		}
	}
	c.Package = filepath.FromSlash(cmp.Or(c.Package, "."))
	c.Bench = cmp.Or(c.Bench, ".")
	c.Tolerance = cmp.Or(c.Tolerance, 0.05)
	c.Width = cmp.Or(c.Width, c.Tolerance/2)
	c.MaxRounds = cmp.Or(c.MaxRounds, max(100, c.MinRounds))
	c.MinRounds = cmp.Or(c.MinRounds, min(minRounds, c.MaxRounds))
	c.Sample = cmp.Or(c.Sample, 50*time.Millisecond)
	c.Budget = cmp.Or(c.Budget, 20*time.Minute)
	c.Seed = cmp.Or(c.Seed, 1)
	if err := c.findModule(); err != nil {
		return err
	}
	if c.checkMachine == nil {
		c.checkMachine = fitness.Check
	}
	if c.readOwn == nil {
		c.readOwn = readOwn
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	return c.check()
}

// findModule makes the module that contains the package that of the builds, if it is
// not that of the working directory.
func (c *Config) findModule() error {
	if filepath.IsLocal(c.Package) {
		return nil
	}
	own, err := moduleRoot("")
	if err != nil {
		return err
	}
	dir := filepath.Join(own, c.Package)
	root, err := moduleRoot(dir)
	if err != nil {
		return fmt.Errorf("package %q: %w", c.Package, err)
	}
	for _, b := range []*Build{&c.Old, &c.New} {
		if b.Dir == "" && b.Binary == "" && b.Command == nil {
			b.Dir = root
		}
	}
	c.Package, err = filepath.Rel(root, dir)
	return err
}

// check checks everything but the builds.
func (c *Config) check() error {
	switch {
	case !(c.Tolerance > 0 && c.Tolerance < 1):
		return fmt.Errorf("tolerance %v: want more than 0 and less than 1", c.Tolerance)
	case !(c.Width > 0):
		return fmt.Errorf("width %v: want more than 0", c.Width)
	case c.MinRounds < 0 || c.MaxRounds < max(1, c.MinRounds):
		return fmt.Errorf("%d to %d rounds: want a maximum of at least 1, and a minimum that is not above it", c.MinRounds, c.MaxRounds)
	case c.Sample < 0:
		return fmt.Errorf("sample of %v: want more than 0", c.Sample)
	case c.Budget < 0:
		return fmt.Errorf("budget of %v: want more than 0", c.Budget)
	}
	if _, err := regexp.Compile(c.Optional); err != nil {
		return fmt.Errorf("optional benchmarks: %w", err)
	}
	for _, accepted := range c.Accepted {
		if err := accepted.check(); err != nil {
			return err
		}
	}
	if (c.Old.Command == nil) != (c.New.Command == nil) {
		return errors.New("a command can only be compared with a command: set Command in Old and in New")
	}
	for _, flag := range c.BuildFlags {
		if name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "="); !strings.HasPrefix(flag, "-") || slices.Contains([]string{"o", "c", "C"}, name) {
			return fmt.Errorf("build flag %q: want a flag of go build, such as -tags=slow, and not -o, -c or -C", flag)
		}
	}
	for _, arg := range c.Args {
		name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if strings.HasPrefix(arg, "-") && slices.Contains(ownFlags, name) {
			return fmt.Errorf("argument %s: compare sets -%s itself", arg, name)
		}
	}
	return nil
}

func (b Build) check() error {
	set := 0
	for _, source := range []string{b.Rev, b.Binary, strings.Join(b.Command, " ")} {
		if source != "" {
			set++
		}
	}
	switch {
	case set > 1, b.Dir != "" && b.Binary != "":
		return errors.New("want at most one of Rev, Dir, Binary and Command, except Dir with Rev or Command")
	case b.Command != nil && (len(b.Command) == 0 || b.Command[0] == ""):
		return errors.New("an empty Command: want the name of a program")
	case strings.HasPrefix(b.Rev, "-"):
		return fmt.Errorf("revision %q: a revision does not begin with a hyphen", b.Rev)
	case b.Binary+strings.Join(b.Command, " ") != "" && len(b.With) > 0:
		return fmt.Errorf("module %s: a Binary or a Command is built already", b.With[0])
	}
	for _, module := range b.With {
		if name, version, ok := strings.Cut(module, "@"); !ok || name == "" || version == "" || strings.HasPrefix(name, "-") {
			return fmt.Errorf("module %q: want module@version", module)
		}
	}
	return nil
}
