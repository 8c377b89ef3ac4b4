package compare

import "math"

// A Verdict says what a comparison has found out about one unit of one benchmark.
type Verdict string

// The verdicts. Slower and Faster mean worse and better for units that are not
// times.
const (
	// Slower means that the unit has become worse. The difference is significant
	// after adjustment for the number of rows, and its interval is not within the
	// tolerance.
	Slower Verdict = "slower"

	// Faster means that the unit has become better, by the same rule.
	Faster Verdict = "faster"

	// Same means that the whole interval is within the tolerance. This shows that
	// the builds are equivalent, and not only that no difference was found. The
	// interval may exclude 1: then there is a difference, but one that is too small
	// to matter. See Schuirmann, "A comparison of the two one-sided tests procedure
	// and the power approach for assessing the equivalence of average
	// bioavailability", Journal of Pharmacokinetics and Biopharmaceutics 15 (1987),
	// 657–680.
	Same Verdict = "same"

	// Unclear means that there may be a difference that matters. More rounds may
	// find out.
	Unclear Verdict = "unclear"

	// Unmeasurable means that the old build differs from itself by more than the
	// tolerance, so that this machine cannot tell. That is so if the placebo's ratio
	// is outside the tolerance and the change is not clearly larger than what the
	// placebo shows, or if the placebo's interval is wider than the tolerance on
	// both sides of 1 and no change was found.
	Unmeasurable Verdict = "unmeasurable"
)

const (
	confidence   = 0.95 // of intervals
	significance = 0.05 // of adjusted p-values, the false discovery rate
	minPairs     = 6    // for an interval of that confidence
)

// decide returns the verdict on a comparison whose adjusted p-value is known.
func (c *comparison) decide(tolerance float64) Verdict {
	changed := c.exact && c.Ratio.Ratio != 1 || c.p < significance && c.Ratio.excludesOne()
	placeboMoved := !within(c.Placebo.Ratio, tolerance)
	switch {
	case math.IsNaN(c.Ratio.Ratio):
		return Unmeasurable
	case c.Rounds < minPairs:
		return Unclear
	case changed && !c.Ratio.within(tolerance) && (!placeboMoved || c.Ratio.beyond(c.Placebo)):
		if c.harm() > 0 {
			return Slower
		}
		return Faster
	case placeboMoved:
		return Unmeasurable
	case c.Ratio.within(tolerance):
		return Same
	case c.Placebo.High/c.Placebo.Low > (1+tolerance)/(1-tolerance):
		return Unmeasurable
	}
	return Unclear
}

// harm returns how much worse new is than old, as the logarithm of a ratio. It is
// negative if new is better.
func (c *comparison) harm() float64 {
	if c.direction == "higher" {
		return -math.Log(c.Ratio.Ratio)
	}
	return math.Log(c.Ratio.Ratio)
}
