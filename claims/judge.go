package claims

import (
	"fmt"
	"math"

	"github.com/echobench/echobench/internal/stats/paired"
)

// A Verdict is what measurements say about a claim.
type Verdict string

// The verdicts. All but Needs and Unmeasurable come from an interval.
const (
	Holds        Verdict = "holds"                   // the interval lies in the region
	OrderOnly    Verdict = "order only"              // the direction is as claimed, the size is not
	DoesNot      Verdict = "does not"                // the direction is not as claimed
	Unclear      Verdict = "unclear"                 // the interval allows more than one of these
	Depends      Verdict = "depends"                 // classes of machines decided it differently
	Unmeasurable Verdict = "cannot be measured here" // this machine, or the study, lacks something
	Needs        Verdict = "needs"                   // this module lacks something
	NotMeasured  Verdict = "not measured"            // there are no results yet
)

// Decided reports whether the verdict answers the question.
func (v Verdict) Decided() bool { return v == Holds || v == OrderOnly || v == DoesNot || v == Depends }

// A Judgement is a verdict and what it rests on.
type Judgement struct {
	Verdict  Verdict
	Interval paired.Interval // of the relation's value; its Ratio is the estimate
	Rounds   int
	Why      string // of Unmeasurable and Needs
}

// minRounds is how many rounds an interval needs at the given confidence.
const minRounds = 8

// Confidence is that of the intervals. It is higher than usual because a claim is judged
// several times, after more and more rounds. QuickConfidence is for fewer rounds, after which
// claims are judged once.
const (
	Confidence      = 0.99
	QuickConfidence = 0.95
)

// Judge judges a claim that has a Relation, a Needs or a Because. Claims that follow from others
// are judged by Follow.
func Judge(c Claim, r Results, confidence float64) Judgement {
	switch {
	case c.Because != "":
		return Judgement{Verdict: Unmeasurable, Why: c.Because}
	case c.Needs != "":
		return Judgement{Verdict: Needs, Why: c.Needs}
	case c.Relation == nil:
		return Judgement{Verdict: NotMeasured}
	}
	rounds, why := r.rounds(c.commands())
	if rounds == 0 {
		return Judgement{Verdict: NotMeasured, Why: why}
	}
	values, missing := r.values(c.Relation, rounds)
	if missing != nil {
		return Judgement{Verdict: Unmeasurable, Why: fmt.Sprintf("the machine does not report %s", missing.Unit)}
	}
	ones := make([]float64, len(values))
	for i := range ones {
		ones[i] = 1
	}
	interval, ok := paired.Estimate(ones, values, confidence)
	j := Judgement{Verdict: Unclear, Interval: interval, Rounds: len(values)}
	if ok {
		j.Verdict = verdict(c, interval)
	}
	return j
}

// verdict compares an interval with the claim's region and direction.
func verdict(c Claim, i paired.Interval) Verdict {
	direction := c.direction()
	switch {
	case c.Region.contains(i.Low, i.High):
		return Holds
	case !direction.overlaps(i.Low, i.High):
		return DoesNot
	case !c.Region.overlaps(i.Low, i.High) && direction.contains(i.Low, i.High):
		return OrderOnly
	default:
		return Unclear
	}
}

// Follow judges a claim that follows from others: it holds if all of them hold, at least by
// their order, it does not if one of them does not, and it is unclear otherwise.
func Follow(c Claim, of func(name string) Judgement) Judgement {
	j := Judgement{Verdict: Holds}
	for _, name := range c.From {
		switch v := of(name).Verdict; v {
		case Holds:
		case OrderOnly:
			if j.Verdict == Holds {
				j.Verdict = OrderOnly
			}
		case DoesNot:
			return Judgement{Verdict: DoesNot, Why: name + " does not hold"}
		case Needs, Unmeasurable, NotMeasured:
			j = Judgement{Verdict: v, Why: name}
		default:
			if j.Verdict == Holds || j.Verdict == OrderOnly {
				j = Judgement{Verdict: Unclear, Why: name + " is unclear"}
			}
		}
	}
	return j
}

// JudgeAll judges claims by their names.
func JudgeAll(claims []Claim, r Results, confidence float64) map[string]Judgement {
	all := make(map[string]Judgement, len(claims))
	for _, c := range claims {
		if c.From == nil {
			all[c.Name()] = Judge(c, r, confidence)
		}
	}
	for _, c := range claims {
		if c.From != nil {
			all[c.Name()] = Follow(c, func(name string) Judgement { return all[name] })
		}
	}
	return all
}

// Sittings combines the verdicts of several sittings on one class of machines: decided
// verdicts that differ make the claim unclear, and an undecided one counts as nothing beside a
// decided one.
func Sittings(all []Judgement) Judgement {
	return combine(all, Unclear)
}

// Classes combines the verdicts of several classes of machines: decided verdicts that are
// opposite make it depend on the machine.
func Classes(all []Judgement) Judgement {
	return combine(all, Depends)
}

// combine returns the first decided judgement, or else the first. If two decided ones differ
// in direction, the verdict is the given one. If they differ in size only, it is OrderOnly.
func combine(all []Judgement, opposite Verdict) Judgement {
	var result Judgement
	for _, j := range all {
		switch {
		case result.Verdict == "" || !result.Verdict.Decided() && j.Verdict.Decided():
			result = j
		case !j.Verdict.Decided() || j.Verdict == result.Verdict:
		case j.Verdict == DoesNot || result.Verdict == DoesNot:
			result.Verdict = opposite
			return result
		default:
			result.Verdict = OrderOnly
		}
	}
	return result
}

// finite reports whether x is a positive number.
func finite(x float64) bool { return x > 0 && !math.IsInf(x, 0) && !math.IsNaN(x) }

// String describes the judgement in a few words.
func (j Judgement) String() string {
	switch {
	case j.Rounds > 0:
		return fmt.Sprintf("%s: %s [%s, %s], %d rounds", j.Verdict, number(j.Interval.Ratio), number(j.Interval.Low), number(j.Interval.High), j.Rounds)
	case j.Why != "":
		return fmt.Sprintf("%s: %s", j.Verdict, j.Why)
	default:
		return string(j.Verdict)
	}
}
