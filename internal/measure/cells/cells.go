// Package cells reads results files: the cells that they contain, with the samples of
// each unit, and the median and confidence interval of a unit as benchstat computes
// them.
//
// Units are those that benchstat shows. A figure in p50-ns of a file has the unit
// p50-sec here, in seconds.
package cells

import (
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchmath"
)

// A File is what a results file contains.
type File struct {
	Name string

	// Cells are in the order in which they appear first. Results of one name from
	// different configurations, such as two placements of the server, are different
	// cells, as benchstat keeps them in different tables.
	Cells []*Cell

	// Comments are the lines that begin with "# " and belong to no cell, without "# ".
	Comments []string

	// Failures are the benchmarks that failed.
	Failures []Failure

	// Problems say what could not be read, each with its line.
	Problems []string

	// Better has "lower" or "higher" for each unit whose direction the file states.
	Better map[string]string

	// Text is the file itself.
	Text []byte
}

// A Failure is a benchmark that failed.
type Failure struct {
	Name    string // without "Benchmark"
	Message string // of the first sample that failed, its first line
	Samples int    // that failed
}

// A Cell is one benchmark in one configuration. Of echobench's own, it is one transport
// at one size and number of workers, with further axes.
type Cell struct {
	// Name is the full name without "Benchmark", such as Echo/proto=tcp/size=64B/par=1-2.
	Name string

	// Config has the configuration as far as it differs between the cells of the file,
	// such as "server: child".
	Config string

	// Axes are the key=value parts of the name.
	Axes []Axis

	// Units are in the order in which they appear first.
	Units []string

	// Remarks are the comment lines that follow the cell, such as "other processes
	// used 5% of the machine's processors during this cell".
	Remarks []string

	config  map[string]string
	samples map[string][]float64
}

// An Axis is a key=value part of a cell's name. The number at the end of a name, which is
// GOMAXPROCS, has the key procs. A part without a key has the key "".
type Axis struct{ Key, Value string }

// Axis returns the value of the axis with the key, or "".
func (c *Cell) Axis(key string) string {
	for _, a := range c.Axes {
		if a.Key == key {
			return a.Value
		}
	}
	return ""
}

// Without returns the axes other than those with the given keys, such as "rate=50%, idle=10".
func (c *Cell) Without(keys ...string) string {
	var parts []string
	for _, a := range c.Axes {
		if slices.Contains(keys, a.Key) {
			continue
		}
		if a.Key != "" {
			parts = append(parts, a.Key+"="+a.Value)
		} else {
			parts = append(parts, a.Value)
		}
	}
	return strings.Join(parts, ", ")
}

// Base returns the part of the name before the first slash and without GOMAXPROCS.
func (c *Cell) Base() string {
	base, _, nested := strings.Cut(c.Name, "/")
	if !nested && c.Axis(Procs) != "" {
		base = strings.TrimSuffix(base, "-"+c.Axis(Procs))
	}
	return base
}

// Samples returns the values of a unit, one for each sample, in the order of the file.
func (c *Cell) Samples(unit string) []float64 { return c.samples[unit] }

// An Estimate is the median of samples with its confidence interval.
type Estimate struct {
	Median, Low, High float64
	Samples           int
}

// confidence is that of intervals. benchstat uses the same.
const confidence = 0.95

// Estimate returns the median of a unit, and whether the cell has the unit.
func (c *Cell) Estimate(unit string) (Estimate, bool) {
	return estimate(c.samples[unit])
}

func estimate(values []float64) (Estimate, bool) {
	if len(values) == 0 {
		return Estimate{}, false
	}
	sample := benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	s := benchmath.AssumeNothing.Summary(sample, confidence)
	return Estimate{Median: s.Center, Low: s.Lo, High: s.Hi, Samples: len(values)}, true
}

// Known reports whether there were enough samples for an interval, which takes six.
func (e Estimate) Known() bool { return !math.IsInf(e.Low, 0) && !math.IsInf(e.High, 0) }

// Spread returns how far the interval reaches from the median, as a share of the median. It
// is what benchstat prints after "±". It is +Inf if the interval is not known.
func (e Estimate) Spread() float64 {
	switch {
	case !e.Known():
		return math.Inf(1)
	case e.Low == e.High:
		return 0
	case e.Median == 0:
		return math.Inf(1)
	}
	return max(e.High-e.Median, e.Median-e.Low) / math.Abs(e.Median)
}

// Level reports whether the intervals overlap or one of them is not known, so that the
// samples do not show which median is larger.
func (e Estimate) Level(other Estimate) bool {
	return !e.Known() || !other.Known() || e.Low <= other.High && other.Low <= e.High
}
