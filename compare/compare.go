// Package compare compares two builds of the same Go benchmarks.
package compare

import (
	"io"
	"time"
)

// A Build is one side of a comparison. At most one of Rev, Dir and Binary is set.
// If none is, the build is that of the working tree.
type Build struct {
	Rev    string   // a git revision of the repository
	Dir    string   // a directory with the package's module
	Binary string   // a test binary that go test -c has built
	With   []string // modules at other versions, such as google.golang.org/grpc@v1.84.0
}

// A Config says what to compare, and how.
type Config struct {
	Old, New  Build
	Package   string   // the package to test, relative to the module root; the default is "."
	Bench     string   // the regular expression for -bench; the default is "."
	Args      []string // further arguments of the test binary, such as -proto tcp
	Units     []string // units to judge; nil means all that have a direction
	Tolerance float64  // ratios within 1 ± Tolerance count as the same; 0 means 0.05
	Width     float64  // rounds go on until the interval's half-width is this small; 0 means half of Tolerance

	MinRounds, MaxRounds int // 0 means 10 and 100

	Sample     time.Duration // measured time of one run of a cell; 0 means 50 ms
	Budget     time.Duration // of all rounds together; 0 means 20 minutes
	Seed       uint64        // of the order in each round; 0 means 1
	Folder     string        // where the samples and verdict.csv are written; empty means nowhere
	Progress   io.Writer     // where progress is printed; nil means nowhere
	RequireFit bool          // stop if the machine is too noisy
}
