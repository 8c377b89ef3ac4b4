package compare

// narrow reports whether the intervals of all units that are judged are narrow
// enough. Only the width counts: if rounds ended as soon as they showed a
// difference, they would show too many. A unit that less than half of the rounds
// have, such as a high percentile of few latencies, does not count.
func (s series) narrow(directions map[string]string, c Config) bool {
	for _, unit := range s.units(directions, c.Units) {
		one := s.compare(unit, directions[unit])
		if one.exact || 2*one.Rounds < len(s.rounds) {
			continue
		}
		if !one.Ratio.known() || !(one.Ratio.High-one.Ratio.Low <= 2*c.Width) {
			return false
		}
	}
	return true
}
