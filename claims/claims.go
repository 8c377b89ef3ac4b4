// Package claims contains what five published studies say about the transports of this
// module, as data, and decides from measurements whether it holds.
//
// A [Claim] names the study, the place and the figure, and the [Relation] of measured
// figures that would confirm it, such as "the mean latency of rest divided by that of tcp
// is between 1.7 and 2.1". A [Session] runs the commands that claims need, in rounds, and
// writes their results as files in benchmark format. [Judge] computes the relation in each
// round, and compares the confidence interval of all rounds with the region that the
// claim gives. [WritePage] makes docs/claims.md of the results in testdata/claims.
//
//	go test -run '^$' -bench 'Claims/kernel/1$' ./claims    # one claim
//	make claims                                             # all of them
//
// The regions were chosen before the first measurement. A ratio that a study prints with
// two digits may differ by a tenth, because the study's own tables differ by as much from
// each other. A tail or a count may differ by a factor of 1.5. A claim without a figure,
// such as "gRPC is slower than REST", is a region that is open at one end.
package claims

import (
	"fmt"
	"math"
	"strings"
)

// A Study is one of the publications.
type Study struct {
	Key         string // as in the names of its claims
	Title       string
	Author      string
	Address     string
	Environment string // the machine and the method, in a sentence
}

// A Claim is one statement of a study. Exactly one of Relation, From, Needs and Because
// is set.
type Claim struct {
	Study  string // the Study's Key
	Number string // as in 12 or 30a
	Place  string // the section of the study
	Says   string // the claim, in a sentence
	Figure string // what the study prints

	Relation  Relation // what would confirm it
	Region    Range    // where the relation's value must be for the claim to hold
	Direction Range    // where it must be for at least the direction to hold; the zero Range means Region

	From    []string // the claims from which it follows, by name, all of which must hold
	Needs   string   // what this module does not have yet
	Because string   // why it cannot be measured at all

	Note string // an explanation, if it is news
}

// Name returns the claim's name, such as kernel/31.
func (c Claim) Name() string { return c.Study + "/" + c.Number }

// direction returns Direction, or Region if it is not set.
func (c Claim) direction() Range {
	if c.Direction == (Range{}) {
		return c.Region
	}
	return c.Direction
}

// commands returns the keys of the commands whose results the claim needs.
func (c Claim) commands() []string {
	if c.Relation == nil {
		return nil
	}
	var keys []string
	seen := make(map[string]bool)
	for _, f := range c.Relation.Figures() {
		if !seen[f.Command] {
			seen[f.Command] = true
			keys = append(keys, f.Command)
		}
	}
	return keys
}

// A Range is an interval of positive numbers, both of whose ends belong to it.
type Range struct{ Low, High float64 }

// above returns the Range of everything from low on.
func above(low float64) Range { return Range{low, math.Inf(1)} }

// below returns the Range of everything up to high.
func below(high float64) Range { return Range{0, high} }

// about returns the Range around a printed figure whose ends differ from it by the given
// factor.
func about(figure, factor float64) Range { return Range{figure / factor, figure * factor} }

// The factors by which a printed figure may be off, see the package comment.
const (
	ratioFactor = 1.1
	countFactor = 1.5
)

func (r Range) contains(low, high float64) bool { return r.Low <= low && high <= r.High }
func (r Range) overlaps(low, high float64) bool { return low <= r.High && r.Low <= high }

func (r Range) String() string {
	switch {
	case math.IsInf(r.High, 1):
		return "at least " + number(r.Low)
	case r.Low == 0:
		return "at most " + number(r.High)
	default:
		return number(r.Low) + " to " + number(r.High)
	}
}

// number formats a figure with three digits at most.
func number(x float64) string {
	if math.Abs(x) >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.3g", x), ".0")
}

// A Figure is one figure of a command's results.
type Figure struct {
	Command string // the key of the Command
	Row     string // the benchmark's name without Benchmark and the number of processors
	Unit    string
}
