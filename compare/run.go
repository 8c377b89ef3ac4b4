package compare

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/echobench/echobench/internal/run/scratch"
)

// ownFlags are the flags of a test binary that a runner sets.
var ownFlags = []string{"test.run", "test.bench", "test.benchtime", "test.count", "test.cpu", "test.benchmem"}

// A runner runs test binaries, one process at a time. Their output goes to files,
// so that this process has nothing to do while they measure.
type runner struct {
	folder         *scratch.Folder
	args           []string
	procs          int // GOMAXPROCS of the processes
	stdout, stderr *os.File
}

func newRunner(folder *scratch.Folder, args []string) (r *runner, err error) {
	r = &runner{folder: folder, args: args, procs: runtime.GOMAXPROCS(0)}
	if r.stdout, err = os.Create(filepath.Join(folder.Path, "stdout")); err != nil {
		return nil, err
	}
	if r.stderr, err = os.Create(filepath.Join(folder.Path, "stderr")); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *runner) close() {
	r.stdout.Close()
	r.stderr.Close()
}

// An output is what a process of a test binary printed.
type output struct {
	results []*benchfmt.Result
	units   []*benchfmt.UnitMetadata
	elapsed time.Duration // of the process
}

// run runs the benchmarks that the expression matches in a process of one side,
// with one sample each of b.N = benchtime, such as 100x, or of the duration
// benchtime. It returns what the process printed also if the process failed.
func (r *runner) run(ctx context.Context, s side, bench, benchtime string, timeout time.Duration) (output, error) {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	args := []string{"-test.run=^$", "-test.bench=" + bench, "-test.benchtime=" + benchtime, "-test.count=1",
		"-test.benchmem=true", "-test.cpu=" + strconv.Itoa(r.procs)}
	cmd := r.folder.Command(bounded, s.binary, append(args, r.args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(environment(cmd), "ECHOBENCH_HEADER=off", "ECHOBENCH_RULES=off", "TMPDIR="+temporary(r.folder),
		"ECHOBENCH_PADDING="+strings.Repeat("x", s.padding))
	cmd.Stdout, cmd.Stderr = r.stdout, r.stderr
	if err := r.rewind(); err != nil {
		return output{}, err
	}
	start := time.Now()
	err := r.folder.Run(cmd)
	elapsed := time.Since(start)
	if ctx.Err() != nil {
		return output{}, context.Cause(ctx)
	}
	if bounded.Err() != nil {
		err = fmt.Errorf("it did not end within %v and was killed", timeout)
	}
	out, parseErr := r.parse()
	out.elapsed = elapsed
	if err == nil {
		err = parseErr
	}
	if err != nil {
		err = fmt.Errorf("%w; it wrote: %s", err, r.said())
	}
	return out, err
}

// rewind empties the files.
func (r *runner) rewind() error {
	for _, file := range []*os.File{r.stdout, r.stderr} {
		if err := file.Truncate(0); err != nil {
			return err
		}
		if _, err := file.Seek(0, 0); err != nil {
			return err
		}
	}
	return nil
}

// parse reads the results on standard output.
func (r *runner) parse() (out output, err error) {
	text, err := os.ReadFile(r.stdout.Name())
	if err != nil {
		return out, err
	}
	reader := benchfmt.NewReader(bytes.NewReader(text), "output")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			out.results = append(out.results, record.Clone())
		case *benchfmt.UnitMetadata:
			out.units = append(out.units, record)
		case *benchfmt.SyntaxError:
			if err == nil {
				err = record
			}
		}
	}
	if err == nil {
		err = reader.Err()
	}
	return out, err
}

// said returns what the process wrote, for an error message.
func (r *runner) said() string {
	var parts []string
	for _, file := range []*os.File{r.stdout, r.stderr} {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			return err.Error()
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			parts = append(parts, excerpt(string(text)))
		}
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, "\n")
}

// excerpt returns the begin and the end of a long text.
func excerpt(text string) string {
	const half = 600
	if len(text) <= 2*half {
		return text
	}
	return text[:half] + "\n...\n" + text[len(text)-half:]
}

// A sample is the result of one benchmark in one process.
type sample struct {
	output
	values map[string]float64 // by unit, as printed
}

// sample runs one benchmark, whose name has the suffix that package testing adds.
func (r *runner) sample(ctx context.Context, s side, benchmark, benchtime string, timeout time.Duration) (sample, error) {
	out, err := r.run(ctx, s, expression(strings.TrimSuffix(benchmark, r.suffix())), benchtime, timeout)
	if err == nil && (len(out.results) != 1 || fullName(out.results[0]) != benchmark) {
		err = fmt.Errorf("it printed %d results, want one of this benchmark; it wrote: %s", len(out.results), r.said())
	}
	if err != nil {
		if ctx.Err() == nil {
			err = fmt.Errorf("%s (%s): %w", benchmark, s.name, err)
		}
		return sample{}, err
	}
	values := map[string]float64{}
	for _, v := range out.results[0].Values {
		if v.OrigUnit != "" {
			values[v.OrigUnit] = v.OrigValue
		} else {
			values[v.Unit] = v.Value
		}
	}
	return sample{out, values}, nil
}

// suffix returns what package testing appends to the name of a benchmark.
func (r *runner) suffix() string {
	if r.procs == 1 {
		return ""
	}
	return "-" + strconv.Itoa(r.procs)
}

// fullName returns the name of a result's benchmark as it was printed.
func fullName(r *benchfmt.Result) string { return "Benchmark" + r.Name.String() }

// expression returns the -test.bench expression that matches a single leaf. Its
// elements are matched one by one.
func expression(benchmark string) string {
	elements := strings.Split(benchmark, "/")
	for i, element := range elements {
		elements[i] = "^" + regexp.QuoteMeta(element) + "$"
	}
	return strings.Join(elements, "/")
}
