package compare

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// baseEnv names the revision that Gate compares with.
const baseEnv = "ECHOBENCH_COMPARE_BASE"

// gateReserve is what Gate leaves of the test's time for judging and cleaning up.
const gateReserve = 20 * time.Second

// Gate is a test that fails if a benchmark of its package is slower than before:
//
//	func TestNotSlower(t *testing.T) {
//		compare.Gate(t, compare.Config{Units: []string{"ns/op", "allocs/op"}})
//	}
//
// It skips unless the environment variable ECHOBENCH_COMPARE_BASE is a git revision:
//
//	ECHOBENCH_COMPARE_BASE=main go test -count=1 -timeout 30m -run TestNotSlower
//
// The working tree is compared with the merge base of that revision and HEAD, so that
// what was merged into main since the branch left it does not count. With two dots
// after it, as in main.., it is compared with the revision itself. The -count=1 is
// needed because go test's cache does not know of the revision.
//
// Gate fails t if a row is slower and not accepted, if a benchmark fails in the
// working tree only, and if a benchmark or one of Config.Units has no verdict,
// unless Config.Optional allows it. It passes if every benchmark is in one of the
// builds only. It logs all verdicts. Config.Old must be zero. Config.Package defaults to the
// test's own package, and Config.Progress to os.Stderr: go test prints that at once
// if it has no package argument, or one package and -v. If the budget exceeds the
// time that go test's -timeout leaves, it is reduced. t must not be a parallel test.
func Gate(t *testing.T, c Config) {
	t.Helper()
	base := os.Getenv(baseEnv)
	if base == "" {
		t.Skipf("compare: set %s to a git revision, such as main, to compare it with the working tree", baseEnv)
	}
	if err := c.gate(base); err != nil {
		t.Fatalf("compare: %v", err)
	}
	if deadline, ok := t.Deadline(); ok {
		if c.Budget = min(c.Budget, time.Until(deadline)-gateReserve); c.Budget <= 0 {
			t.Fatalf("compare: go test's -timeout leaves no time for a comparison: want at least %v", 2*gateReserve)
		}
	}
	ctx, stop := watchParent(t.Context())
	defer stop()
	result, err := Run(ctx, c)
	if result != nil {
		report(t, result, c)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// gate completes the configuration of a gate.
func (c *Config) gate(base string) (err error) {
	if c.Old.Rev+c.Old.Dir+c.Old.Binary != "" || c.Old.Command != nil {
		return fmt.Errorf("Gate compares with %s=%s: Config.Old must not name another build", baseEnv, base)
	}
	tip, isTip := strings.CutSuffix(base, "..")
	switch {
	case isTip && !strings.HasSuffix(tip, "."):
		c.Old.Rev = tip
	case strings.Contains(base, "..."):
		c.Old.Rev = base
	default:
		c.Old.Rev = base + "..."
	}
	if c.Package == "" {
		if c.Package, err = ownPackage(); err != nil {
			return err
		}
		c.Args = slices.Concat(ownArgs(), c.Args)
	}
	if c.Progress == nil {
		c.Progress = os.Stderr
	}
	return c.complete()
}

// report logs the table, and fails the test for every row that is slower and for
// everything without a verdict.
func report(t *testing.T, result *Result, c Config) {
	t.Helper()
	var table strings.Builder
	if err := result.WriteTable(&table); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", &table)
	for _, row := range result.Rows {
		if row.fails() {
			t.Errorf("%s: %s is slower than before: %.4g -> %.4g, ratio %.4f [%.4f, %.4f]",
				row.Benchmark, row.Unit, row.Old, row.New, row.Ratio.Ratio, row.Ratio.Low, row.Ratio.High)
		}
	}
	for _, u := range result.Unjudged {
		if u.fails() {
			t.Errorf("%s", u)
		}
	}
	switch {
	case len(result.Rows) == 0:
		fmt.Fprintln(c.Progress, "# nothing was judged")
	case result.count(Unmeasurable) == len(result.Rows):
		fmt.Fprintln(c.Progress, "# nothing was judged: this machine is too noisy for all rows")
	}
}

// ownPackage returns the folder of the test's package relative to the module's
// root. go test runs a test in the folder of its package.
func ownPackage() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	root, err := moduleRoot(dir)
	if err != nil {
		return "", err
	}
	return filepath.Rel(root, dir)
}

// ownArgs returns the flags of this test binary that it defines itself, which the test
// binaries of its package have, too.
func ownArgs() (args []string) {
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			args = append(args, "-"+f.Name+"="+f.Value.String())
		}
	})
	return args
}

// errParent is the cause of the end of a gate whose go test has ended.
var errParent = errors.New("go test has ended")

// watchParent returns a context that ends when go test does, since a test binary is
// not told when go test was killed by SIGTERM. It does not watch other parents, because
// a program in the background may outlive the one that started it. stop must be called.
func watchParent(ctx context.Context) (watched context.Context, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for parent := os.Getppid(); byGoTest() && watched.Err() == nil; {
			select {
			case <-watched.Done():
			case <-time.After(time.Second):
			}
			if os.Getppid() != parent {
				cancel(errParent)
			}
		}
	}()
	return watched, func() { cancel(nil); <-done }
}

// byGoTest reports whether go test has started this process. It always sets this flag.
func byGoTest() bool {
	f := flag.Lookup("test.paniconexit0")
	return f != nil && f.Value.String() == "true"
}
