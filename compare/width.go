package compare

import "math"

// widths returns the half-width of the interval of each row that is judged and that
// varies. It is infinite if further rounds cannot make the interval narrow enough, because
// all rounds use the same few binaries. A unit that less than half of the rounds have, such as a high percentile of
// few latencies, does not count.
func (s series) widths(directions map[string]string, c Config) (widths []float64) {
	for _, unit := range s.units(directions, c.Units) {
		one := s.samples(unit)
		if 2*len(one.rounds) < len(s.rounds) {
			continue
		}
		if _, _, exact := one.exactly(unit); exact {
			continue
		}
		width := math.Inf(1)
		if i := one.ratio(); i.known() {
			width = (i.High - i.Low) / 2
		}
		if share, ok := one.groups().Share(); ok && s.binaries > 0 && finalWidth(width, share, s.binaries, len(one.rounds)) > nearly*c.Width {
			width = math.Inf(1)
		}
		widths = append(widths, width)
	}
	return widths
}

// finalWidth returns the width of an interval after any number of rounds, if that after
// the given number is width, and if share is the part of a sample's variance that is due
// to its binary.
func finalWidth(width, share float64, binaries, rounds int) float64 {
	ofBinaries, ofRounds := share/float64(binaries), (1-share)/float64(rounds)
	return width * math.Sqrt(ofBinaries/(ofBinaries+ofRounds))
}

// narrow reports whether all intervals are narrow enough. Only the width counts: if
// rounds ended as soon as they showed a difference, they would show too many.
func narrow(widths []float64, enough float64) bool {
	for _, width := range widths {
		if !(width <= enough) {
			return false
		}
	}
	return true
}

// nearly is how many times as wide as enough an interval may be that is nearly narrow
// enough. Of equal builds with such an interval, about half are found to be the same.
const nearly = 1.5

// roundsTo returns how many further rounds it takes until the next interval is narrow
// enough, or nearly so if it is wider than that. It returns false if that would take
// more than maxFurther rounds. Widths shrink with the square root of the rounds.
func roundsTo(widths []float64, enough float64, rounds, maxFurther int) (further int, ok bool) {
	further = maxFurther + 1
	for _, width := range widths {
		goal := enough
		if width > nearly*enough {
			goal *= nearly
		}
		if width > goal && !math.IsInf(width, 1) {
			needed := math.Ceil(float64(rounds)*(width/goal)*(width/goal)) - float64(rounds)
			further = int(min(float64(further), max(1, needed)))
		}
	}
	return further, further <= maxFurther
}
