package layers

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// A cell is what the profiles of one cell and end add up to.
type cell struct {
	name    string // of the result
	samples shares
	futex   int64 // of the kernel's samples, those in calls of futex
	stacks  []stack
}

// add adds the samples of a CPU profile.
func (c *cell) add(p *profile.Profile) {
	for _, sample := range p.Sample {
		s := stack{stackOf(sample), sample.Value[0]}
		c.stacks = append(c.stacks, s)
		c.samples[classify(s.functions)] += s.samples
		if len(s.functions) > 0 && s.functions[0] == futex {
			c.futex += s.samples
		}
	}
}

// Write writes the shares of the CPU profiles in the folder, with a line for each cell and
// end, in which all samples of the cell are added up. The name is that of the cell, with
// /end=client or /end=server if the ends were profiled apart. The number of iterations is
// the number of the profiles' samples, and the units are share-kernel and so on, which add
// up to 1. A comment line has the 95% interval of each share.
func Write(w io.Writer, folder string) error {
	cells, err := readFolder(folder)
	if err != nil {
		return fmt.Errorf("layers: %w", err)
	}
	if _, err := fmt.Fprintln(w, "# shares of the processor time by layer, from CPU profiles"); err != nil {
		return fmt.Errorf("layers: %w", err)
	}
	for _, c := range cells {
		if err := c.write(w); err != nil {
			return fmt.Errorf("layers: %w", err)
		}
	}
	return nil
}

// readFolder reads the CPU profiles in the folder. The cells are in the order of their names.
func readFolder(folder string) (cells []*cell, err error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name, ok := resultName(file.Name())
		if !ok {
			continue
		}
		p, err := readProfile(filepath.Join(folder, file.Name()))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		i := slices.IndexFunc(cells, func(c *cell) bool { return c.name == name })
		if i < 0 {
			i = len(cells)
			cells = append(cells, &cell{name: name, samples: shares{}})
		}
		cells[i].add(p)
	}
	if cells == nil {
		return nil, fmt.Errorf("no CPU profile of -profile in %s", folder)
	}
	return cells, nil
}

// readProfile reads a CPU profile.
func readProfile(name string) (*profile.Profile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, err
	}
	if len(p.SampleType) != 2 || p.SampleType[0].Type != "samples" || p.SampleType[1].Type != "cpu" {
		return nil, errors.New("not a CPU profile of Go: its values are not samples and cpu")
	}
	return p, nil
}

var (
	fileName = regexp.MustCompile(`^(Benchmark.*?)(-\d+)?\.\d+\.(client|server|both)\.cpu\.pprof$`)
	axis     = regexp.MustCompile(`_([a-z]+=)`)
)

// resultName returns the name of the result to which the file contributes. ok is false if
// the file is not a CPU profile.
func resultName(file string) (name string, ok bool) {
	match := fileName.FindStringSubmatch(file)
	if match == nil {
		return "", false
	}
	name = axis.ReplaceAllString(match[1], "/$1")
	if end := match[3]; end != "both" {
		name += "/end=" + end
	}
	return name + match[2], true
}

// write writes the line of the cell and the comment with the intervals.
func (c *cell) write(w io.Writer) error {
	n := c.samples.total()
	if n == 0 {
		_, err := fmt.Fprintf(w, "# %s: its profiles have no samples: measure longer\n", c.name)
		return err
	}
	var values, intervals []string
	for _, l := range order {
		count := c.samples[l]
		values = append(values, fmt.Sprintf("%.4f share-%s", float64(count)/float64(n), l))
		if count > 0 {
			low, high := interval(count, n)
			intervals = append(intervals, fmt.Sprintf("%s %.1f-%.1f%%", l, 100*low, 100*high))
		}
	}
	_, err := fmt.Fprintf(w, "%s %d %s\n# 95%% intervals: %s\n", c.name, n, strings.Join(values, " "), strings.Join(intervals, ", "))
	return err
}

// interval returns Wilson's 95% interval of a share, of which count of n samples are known.
// It takes the samples to be independent.
func interval(count, n int64) (low, high float64) {
	const z = 1.96
	p, size := float64(count)/float64(n), float64(n)
	middle := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return max(0, (middle-half)/(1+z*z/size)), min(1, (middle+half)/(1+z*z/size))
}
