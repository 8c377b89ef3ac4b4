package cells

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// Procs is the key of the axis for GOMAXPROCS.
const Procs = "procs"

// maxBytes limits the size of a results file. 125 cells with 10 samples of all metrics
// take 1 MB.
const maxBytes = 256 << 20

// maxProblems limits how many problems are kept.
const maxProblems = 100

// ErrNoResults means that a file has no line in benchmark format that could be read.
var ErrNoResults = errors.New("no benchmark results: want what go test -bench prints")

// ReadFile reads a results file.
func ReadFile(name string) (*File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(filepath.Base(name), f)
}

// Read reads results from r. name is used in messages. Lines that can't be read become
// Problems. It is an error if there are no results at all.
func Read(name string, r io.Reader) (*File, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("cells: %s: %w", name, err)
	}
	if len(text) > maxBytes {
		return nil, fmt.Errorf("cells: %s: more than %d MiB", name, maxBytes>>20)
	}
	f := &File{Name: name, Text: text, Better: map[string]string{}}
	b := builder{file: f, cells: map[string]*Cell{}}
	// One reader for the whole text keeps the configuration. Lines that are not in
	// benchmark format are read here, since a benchfmt.Reader ignores them.
	results := benchfmt.NewReader(&lineFeed{rest: text, other: b.addOther}, name)
	for results.Scan() {
		b.add(results.Result())
	}
	if err := results.Err(); err != nil {
		b.addProblem(fmt.Sprintf("the file was read up to a line that could not be: %v", err))
	}
	if len(f.Cells) == 0 {
		if len(f.Failures) > 0 {
			return nil, fmt.Errorf("cells: %s: %w; %s failed: %s", name, ErrNoResults, f.Failures[0].Name, f.Failures[0].Message)
		}
		if len(f.Problems) > 0 {
			return nil, fmt.Errorf("cells: %s: %w; the first problem is: %s", name, ErrNoResults, f.Problems[0])
		}
		return nil, fmt.Errorf("cells: %s: %w", name, ErrNoResults)
	}
	b.describeConfigs()
	return f, nil
}

// A lineFeed gives a text to a reader line by line, and calls other for each line that is
// a comment or an error message, at the time when the reader has seen all lines before it.
type lineFeed struct {
	rest  []byte
	other func(line string)
}

func (l *lineFeed) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		return 0, io.EOF
	}
	end := bytes.IndexByte(l.rest, '\n') + 1
	if end == 0 {
		end = len(l.rest)
	}
	line := l.rest[:end]
	// Package testing has begun the result line of a benchmark that fails.
	failed := bytes.Contains(line, []byte(failMark))
	if b := line[0]; failed || b == '#' || b == ' ' || b == '\t' {
		l.other(strings.TrimRight(string(line), "\r\n"))
	}
	if failed {
		l.rest = l.rest[end:]
		return copy(p, "\n"), nil
	}
	n := copy(p, line)
	l.rest = l.rest[n:]
	return n, nil
}

const failMark = "--- FAIL: Benchmark"

// A builder adds what a file contains to a File.
type builder struct {
	file   *File
	cells  map[string]*Cell // by name and configuration
	last   *Cell            // of the last result; nil before the first
	failed bool             // the line before belongs to a failure
}

func (b *builder) addProblem(text string) {
	if len(b.file.Problems) < maxProblems {
		b.file.Problems = append(b.file.Problems, text)
	}
}

func (b *builder) add(record benchfmt.Record) {
	switch record := record.(type) {
	case *benchfmt.SyntaxError:
		b.addProblem(record.Error())
	case *benchfmt.UnitMetadata:
		if record.Key == "better" {
			b.file.Better[record.Unit] = record.Value
		}
	case *benchfmt.Result:
		b.addResult(record)
	}
}

func (b *builder) addResult(r *benchfmt.Result) {
	var key strings.Builder
	key.WriteString(r.Name.String())
	config := map[string]string{}
	for _, c := range r.Config {
		config[c.Key] = string(c.Value)
		fmt.Fprintf(&key, "\n%s: %s", c.Key, c.Value)
	}
	c := b.cells[key.String()]
	if c == nil {
		c = newCell(r.Name)
		c.config = config
		b.cells[key.String()] = c
		b.file.Cells = append(b.file.Cells, c)
	}
	b.last = c
	for _, v := range r.Values {
		if math.IsNaN(v.Value) || math.IsInf(v.Value, 0) {
			_, line := r.Pos()
			b.addProblem(fmt.Sprintf("%s:%d: %v %s is not a number that can be shown", b.file.Name, line, v.Value, v.Unit))
			continue
		}
		if !slices.Contains(c.Units, v.Unit) {
			c.Units = append(c.Units, v.Unit)
		}
		c.samples[v.Unit] = append(c.samples[v.Unit], v.Value)
	}
}

func newCell(name benchfmt.Name) *Cell {
	c := &Cell{Name: name.String(), samples: map[string][]float64{}}
	_, parts := name.Parts()
	for _, part := range parts {
		if value, ok := bytes.CutPrefix(part, []byte("-")); ok {
			c.Axes = append(c.Axes, Axis{Procs, string(value)})
			continue
		}
		key, value, ok := strings.Cut(strings.TrimPrefix(string(part), "/"), "=")
		if !ok {
			key, value = "", key
		}
		c.Axes = append(c.Axes, Axis{key, value})
	}
	return c
}

// ofCell matches the comments that follow the cell that they are about. The first group
// is how far the run was.
var ofCell = regexp.MustCompile(`^(cell \d+ of \d+ done, [^;]*(?:; )?)|^other processes used |^the CPU quota of |^\d+ of \d+ samples drift|^p\d+-ns of \d+ of \d+ samples`)

// addOther adds a line that is not in benchmark format.
func (b *builder) addOther(line string) {
	text, comment := strings.CutPrefix(line, "# ")
	failed := b.failed
	b.failed = false
	switch {
	case comment && b.last != nil && ofCell.MatchString(text):
		if text = strings.TrimPrefix(text, ofCell.FindStringSubmatch(text)[1]); text != "" {
			b.last.Remarks = append(b.last.Remarks, text)
		}
	case comment && !ofCell.MatchString(text) && !slices.Contains(b.file.Comments, text):
		b.file.Comments = append(b.file.Comments, text)
	case strings.Contains(line, failMark):
		_, name, _ := strings.Cut(line, failMark)
		name, _, _ = strings.Cut(name, " ")
		b.failed = b.addFailure(name)
		if b.last != nil && b.last.Name != name {
			b.last = nil // the remarks that follow are not about it
		}
	case failed:
		b.file.Failures[len(b.file.Failures)-1].Message = strings.TrimSpace(line)
	}
}

// addFailure adds a failure, and reports whether it is the first one of the benchmark.
func (b *builder) addFailure(name string) bool {
	for i, f := range b.file.Failures {
		if f.Name == name {
			b.file.Failures[i].Samples++
			return false
		}
	}
	b.file.Failures = append(b.file.Failures, Failure{Name: name, Samples: 1})
	return true
}

// describeConfigs sets Config of each cell to what differs between the cells.
func (b *builder) describeConfigs() {
	cells := b.file.Cells
	var keys []string
	for _, c := range cells {
		for key, value := range c.config {
			if !slices.Contains(keys, key) && slices.ContainsFunc(cells, func(other *Cell) bool { return other.config[key] != value }) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	for _, c := range cells {
		var parts []string
		for _, key := range keys {
			if value := c.config[key]; value != "" {
				parts = append(parts, key+": "+value)
			} else {
				parts = append(parts, "no "+key)
			}
		}
		c.Config = strings.Join(parts, ", ")
	}
}

// Config returns the values that a key of the configuration has in the file, such as
// "inproc" for "server".
func (f *File) Config(key string) (values []string) {
	for _, c := range f.Cells {
		if value := c.config[key]; value != "" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}
