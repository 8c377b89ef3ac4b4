package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/echobench/echobench/internal/run/scratch"
	"github.com/echobench/echobench/internal/stats/paired"
)

// ownFlags are the flags of a test binary that a runner sets.
var ownFlags = []string{"test.run", "test.bench", "test.benchtime", "test.count", "test.cpu", "test.benchmem", "test.v", "test.skip", "test.paniconexit0"}

// A runner runs test binaries and commands, one process at a time. Their output goes
// to files, so that this process has nothing to do while they measure.
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

// An output is what a process printed.
type output struct {
	text    string // of standard output
	results []*benchfmt.Result
	units   []*benchfmt.UnitMetadata
	elapsed time.Duration // of the process
}

// A job says which benchmarks of a test binary a process runs. For a command, only
// timeout counts.
type job struct {
	bench     string // the expression that matches the benchmarks
	skip      string // the expression that matches those to leave out; empty means none
	benchtime string // b.N, such as 100x, or a duration
	timeout   time.Duration
}

// run runs a job in a process of one side. It returns what the process printed also if
// the process failed.
func (r *runner) run(ctx context.Context, s side, j job) (output, error) {
	bounded, cancel := context.WithTimeoutCause(ctx, j.timeout, fmt.Errorf("it did not end within %v and was killed", j.timeout))
	defer cancel()
	cmd := r.command(bounded, s, j)
	if err := r.rewind(); err != nil {
		return output{}, err
	}
	start := time.Now()
	err := r.folder.Run(cmd)
	elapsed := time.Since(start)
	if bounded.Err() != nil {
		err = context.Cause(bounded)
	}
	out, parseErr := r.parse()
	out.elapsed = elapsed
	switch {
	case err == nil && s.command == nil && !ended.MatchString(out.text):
		err = errors.New("it exited with status 0 before its benchmarks had ended")
	case err == nil:
		err = parseErr
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w; it wrote: %s", err, r.said(out.text))
	}
	return out, err
}

// ended matches the last line of a test binary whose benchmarks have all ended. A
// benchmark may have printed something before it in the same line.
var ended = regexp.MustCompile(`(?m)(PASS|FAIL)$`)

// command returns the command that runs a job.
func (r *runner) command(ctx context.Context, s side, j job) *exec.Cmd {
	words := s.command
	if words == nil {
		// With -test.v, a benchmark's name and its result are printed together, when it has
		// ended, so that nothing that it prints itself comes in between.
		words = []string{s.binary, "-test.run=^$", "-test.bench=" + j.bench, "-test.benchtime=" + j.benchtime, "-test.count=1", "-test.v=true",
			"-test.benchmem=true", "-test.paniconexit0=true", "-test.cpu=" + strconv.Itoa(r.procs)}
		if j.skip != "" {
			words = append(words, "-test.skip="+j.skip)
		}
	}
	cmd := r.folder.Command(ctx, words[0], append(words[1:len(words):len(words)], r.args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(environment(cmd), "ECHOBENCH_HEADER=off", "ECHOBENCH_RULES=off", "TMPDIR="+temporary(r.folder))
	cmd.Stdout, cmd.Stderr = r.stdout, r.stderr
	return cmd
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
	out.text = string(text)
	reader := benchfmt.NewReader(strings.NewReader(cleanOutput(out.text)), "output")
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

// result matches the result of a benchmark.
var result = regexp.MustCompile(`Benchmark\S*[ \t]+\d+[ \t]+[-+.\d]\S*[ \t]+\S.*$`)

// cleanOutput removes what benchmarks printed before a result in the same line, and the
// lines with only the name of a benchmark.
func cleanOutput(text string) string {
	var clean strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if found := result.FindString(line); found != "" {
			line = found
		} else if strings.HasPrefix(line, "Benchmark") {
			continue
		}
		clean.WriteString(line + "\n")
	}
	return clean.String()
}

// said returns what the process wrote, for an error message.
func (r *runner) said(stdout string) string {
	stderr, err := os.ReadFile(r.stderr.Name())
	if err != nil {
		return err.Error()
	}
	var parts []string
	for _, text := range []string{stdout, string(stderr)} {
		if text = strings.TrimSpace(text); text != "" {
			parts = append(parts, excerpt(text))
		}
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, "\n")
}

// excerpt returns the beginning and the end of a long text.
func excerpt(text string) string {
	const half = 600
	if len(text) <= 2*half {
		return text
	}
	return text[:half] + "\n...\n" + text[len(text)-half:]
}

// values are the values of one benchmark by unit, as printed.
type values map[string]float64

// A sample is what one process of a task has measured.
type sample struct {
	output
	values map[string]values // by benchmark
}

// sample runs a task once. There must be a result of each of its benchmarks if it is
// one of a test binary.
func (r *runner) sample(ctx context.Context, s side, t *task, benchtime string) (sample, error) {
	out, err := r.run(ctx, s, job{bench: t.bench, skip: t.skip, benchtime: benchtime, timeout: t.timeout})
	got := sample{output: out, values: medians(out.results)}
	for _, one := range t.series {
		if err == nil && got.values[one.benchmark] == nil && s.command == nil {
			err = fmt.Errorf("it printed no result; it wrote: %s", r.said(out.text))
		}
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s (%s): %w", t.name, s.name, err)
	}
	return got, err
}

// medians returns the values of each benchmark. A command may print several results of
// a benchmark: they are one sample, the median.
func medians(results []*benchfmt.Result) map[string]values {
	all := map[string]map[string][]float64{}
	for _, result := range results {
		name := fullName(result)
		if all[name] == nil {
			all[name] = map[string][]float64{}
		}
		for _, v := range result.Values {
			unit, value := v.Unit, v.Value
			if v.OrigUnit != "" {
				unit, value = v.OrigUnit, v.OrigValue
			}
			all[name][unit] = append(all[name][unit], value)
		}
	}
	found := map[string]values{}
	for name, units := range all {
		found[name] = values{}
		for unit, several := range units {
			found[name][unit] = paired.Median(several)
		}
	}
	return found
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

// expression returns the -test.bench expression that matches a benchmark and, since
// package testing matches the elements of a name one by one, those whose names continue
// with a slash after it.
func expression(benchmark string) string {
	elements := strings.Split(benchmark, "/")
	for i, element := range elements {
		elements[i] = "^" + regexp.QuoteMeta(element) + "$"
	}
	return strings.Join(elements, "/")
}

// lastWords returns what a process that has ended says of the reason: the line with the
// panic, or else the last line.
func (r *runner) lastWords() string {
	words := "nothing was printed"
	for _, file := range []*os.File{r.stdout, r.stderr} {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			return err.Error()
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "panic: ") }); i >= 0 {
			return oneLine(lines[i])
		}
		if last := lines[len(lines)-1]; last != "" {
			words = last
		}
	}
	return oneLine(words)
}

// oneLine shortens a text to what fits a line.
func oneLine(text string) string { return clip(strings.Join(strings.Fields(text), " "), 200) }
