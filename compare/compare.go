// Package compare measures two builds of any Go benchmarks against each other.
//
// Two runs one after the other compare two moments of a machine as much as two
// builds. Run therefore measures old and new next to each other, benchmark by
// benchmark, with a placebo, which is a second copy of the old build:
//
//   - It builds both test binaries: of git revisions, of the working tree, or with
//     other versions of modules, with the build flags of the test binary that asks for
//     it. All are copied to a temporary folder; neither the working tree nor the git
//     repository changes.
//   - It links each of them up to 16 times, with the functions in random order, so that
//     where a function happens to lie does not count as a difference.
//   - It finds the leaf benchmarks that both sides have, and fixes b.N of each, so
//     that both sides do the same work.
//   - In each round, it runs every benchmark in three fresh processes, old, new and
//     placebo, in random order.
//   - A benchmark is finished when the intervals of its ratios are narrow enough.
//     Rounds end when all are finished or when the budget is spent. After the first
//     16 rounds or so, the time goes to the benchmarks whose intervals can become
//     narrow enough.
//   - It judges the ratios of new to the two copies of the old build in each round,
//     unit by unit: slower, faster, same, unclear or unmeasurable. The ratio of the
//     placebo to old shows what this machine calls a difference when there is none.
//
// Unit lines such as "Unit p99-ns better=lower", which a benchmark prints once,
// give the directions of its own units.
// See https://golang.org/design/14313-benchmark-format.
//
// Every process of a benchmark has ECHOBENCH_HEADER=off and ECHOBENCH_RULES=off in
// its environment; an echobench.Suite then prints no comment lines, and does not
// check the transports before it measures them.
package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/echobench/echobench/compare/internal/tree"
	"github.com/echobench/echobench/internal/run/interrupt"
	"github.com/echobench/echobench/internal/run/scratch"
)

// A Build is one side of a comparison. At most one of Rev, Dir, Binary and Command is set,
// except that Dir may say where Rev is from or where Command runs.
// Without any, it is the working tree with its uncommitted changes: the module
// that contains the working directory of the process, which in a test is the
// folder of its package.
type Build struct {
	// Rev is a git revision of the repository of the working tree, such as main,
	// v1.2.0 or HEAD~1, or A...B for the merge base of A and B, which is HEAD if it is
	// left out. Its files are checked out into a temporary folder, with those
	// submodules that the working tree has.
	Rev string

	// Dir is a folder of another module, or of another working tree of the same
	// one.
	Dir string

	// Binary is a test binary that go test -c has built. It runs in a copy of
	// the package's folder in the working tree, if there is one, and otherwise in the
	// working directory. It has one layout.
	Binary string

	// With has modules at other versions, such as google.golang.org/grpc@v1.84.0,
	// which go get adds to the go.mod of a temporary copy. It cannot be used with
	// Binary.
	With []string

	// Command is a program with its arguments that prints results in Go's benchmark
	// format, whatever language it is written in. Old and New must both have one. Each run
	// of it is one sample of each of its benchmarks; several results of one benchmark in
	// one run count as their median. Config.Args are appended, and Config.Bench selects
	// among the names that it prints. It runs in Dir, or else in the working directory.
	Command []string
}

// folderPrefix begins the names of the temporary folders. They are short, because
// benchmarks may create Unix sockets in them, whose paths have about 100 bytes at
// most.
const folderPrefix = "echobench-cmp"

// errSpent is the cause of the end of a context when the budget is spent.
var errSpent = errors.New("the budget is spent")

// Run compares two builds. It takes about as long as the budget at most. SIGINT and SIGTERM end it as the end of ctx
// does.
//
// A benchmark that fails does not end the comparison of the others. Run then
// returns both a Result and an error. This is also the case if ctx ends during the
// rounds: the Result has the verdicts on the rounds so far. The Result is nil if
// the comparison ends before its benchmarks are known.
//
// Run leaves no process and no temporary folder behind, also if this process is
// killed; on systems other than Unix, the next Run then removes the folder. A
// process should not call Run several times at once: the comparisons would disturb
// each other.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	ctx, stop := interrupt.Context(ctx)
	defer stop()
	folder, err := scratch.Open(folderPrefix)
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	deadline := time.Now().Add(c.Budget)
	ctx, cancel := context.WithDeadlineCause(ctx, deadline, fmt.Errorf("%w: %v", errSpent, c.Budget))
	defer cancel()
	result, err := c.run(ctx, folder, deadline)
	if err = errors.Join(err, folder.Close()); err != nil {
		err = fmt.Errorf("compare: %w", err)
	}
	return result, err
}

// build builds the sides in the folder, and returns their builder.
func (c Config) build(ctx context.Context, folder *scratch.Folder) (sides [3]side, b *builder, err error) {
	b = &builder{folder: folder, config: c, sources: map[string]*tree.Source{}}
	if err := os.Mkdir(temporary(folder), 0o700); err != nil {
		return sides, b, err
	}
	if b.flags, err = b.buildFlags(ctx); err != nil {
		return sides, b, err
	}
	if sides, err = b.sides(ctx); err != nil {
		return sides, b, err
	}
	_, err = io.WriteString(c.Progress, b.header())
	return sides, b, err
}

// run builds and compares in the folder.
func (c Config) run(ctx context.Context, folder *scratch.Folder, deadline time.Time) (*Result, error) {
	sides, builds, err := c.build(ctx, folder)
	if err != nil {
		return nil, err
	}
	machine, err := c.machine(ctx)
	if err != nil {
		return nil, err
	}
	r, err := newRunner(folder, slices.Concat(builds.flags.test, c.Args))
	if err != nil {
		return nil, err
	}
	defer r.close()
	found, err := discover(ctx, r, sides, c)
	if err != nil {
		return nil, err
	}
	f, err := createFiles(c.Folder, sides, builds.header()+machine)
	if err != nil {
		return nil, err
	}
	s := newScheduler(c, r, sides, found, f, deadline)
	err = s.compare(ctx)
	result, failures := s.result()
	result.Build = builds.notes
	return result, errors.Join(err, failures, f.close(result))
}

// machine checks whether the machine is fit, and returns comment lines about it.
func (c Config) machine(ctx context.Context) (lines string, err error) {
	report := c.checkMachine(ctx)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	lines = report.String()
	if _, err := io.WriteString(c.Progress, lines); err != nil {
		return "", err
	}
	if ok, reasons := report.Fit(); !ok && c.RequireFit {
		return "", fmt.Errorf("the machine is not fit for benchmarks: %s", strings.Join(reasons, "; "))
	}
	return lines, nil
}
