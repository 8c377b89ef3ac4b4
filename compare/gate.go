package compare

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// baseEnv names the revision that Gate compares with.
const baseEnv = "ECHOBENCH_COMPARE_BASE"

// gateReserve is what Gate leaves of the test's time for building and cleaning up.
const gateReserve = 2 * time.Minute

// Gate is a test that fails if a benchmark of its package is slower than before:
//
//	func TestNotSlower(t *testing.T) {
//		compare.Gate(t, compare.Config{Units: []string{"ns/op", "allocs/op"}})
//	}
//
// It skips unless the environment variable ECHOBENCH_COMPARE_BASE is a git
// revision, which it compares with the working tree:
//
//	ECHOBENCH_COMPARE_BASE=main go test -count=1 -timeout 30m -run TestNotSlower .
//
// The -count=1 is needed because go test's cache does not know of the revision.
//
// A row whose verdict is slower fails t, and so does a benchmark that fails with
// the working tree. Gate logs all other verdicts. Config.Old must be zero.
// Config.Package defaults to the test's own package. If the budget exceeds the
// time that go test's -timeout leaves, it is reduced. t must not be a parallel
// test.
func Gate(t *testing.T, c Config) {
	t.Helper()
	base := os.Getenv(baseEnv)
	if base == "" {
		t.Skipf("compare: set %s to a git revision, such as main, to compare it with the working tree", baseEnv)
	}
	if c.Old.Rev != "" || c.Old.Dir != "" || c.Old.Binary != "" {
		t.Fatalf("compare: Gate compares with %s=%s; Config.Old must not name another build", baseEnv, base)
	}
	c.Old.Rev = base
	if c.Package == "" {
		c.Package = ownPackage(t)
	}
	if err := c.complete(); err != nil {
		t.Fatalf("compare: %v", err)
	}
	if deadline, ok := t.Deadline(); ok {
		if c.Budget = min(c.Budget, time.Until(deadline)-gateReserve); c.Budget <= 0 {
			t.Fatalf("compare: go test's -timeout leaves no time for a comparison: want at least %v", 2*gateReserve)
		}
	}
	result, err := Run(t.Context(), c)
	if result != nil {
		report(t, result)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// report logs the table, and fails the test for every row that is slower.
func report(t *testing.T, result *Result) {
	t.Helper()
	var table strings.Builder
	if err := result.WriteTable(&table); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", &table)
	for _, row := range result.Rows {
		if row.Verdict == Slower {
			t.Errorf("%s: %s is slower than before: %.4g -> %.4g, ratio %.4f [%.4f, %.4f]",
				row.Benchmark, row.Unit, row.Old, row.New, row.Ratio.Ratio, row.Ratio.Low, row.Ratio.High)
		}
	}
}

// ownPackage returns the folder of the test's package relative to the module's
// root. go test runs a test in the folder of its package.
func ownPackage(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("compare: %v", err)
	}
	root, err := moduleRoot(dir)
	if err != nil {
		t.Fatalf("compare: %v", err)
	}
	pkg, err := filepath.Rel(root, dir)
	if err != nil {
		t.Fatalf("compare: %v", err)
	}
	return pkg
}
