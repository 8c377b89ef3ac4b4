package usage

// A Meter takes snapshots of this process at the beginning and at the end of a run,
// and runs counters in between. The zero value is ready to use.
type Meter struct{ counting *Counters }

// Begin takes the first snapshot and starts the given counters.
func (m *Meter) Begin(counters []string) (Snapshot, error) {
	s := Read()
	if len(counters) == 0 {
		return s, nil
	}
	var err error
	m.counting, err = StartCounters(counters)
	return s, err
}

// End takes the second snapshot, which includes what the counters counted.
func (m *Meter) End() (Snapshot, error) {
	if m.counting == nil {
		return Read(), nil
	}
	counted := Snapshot{Counts: map[string]float64{}}
	err := m.counting.Stop(&counted) // first, so that reading the rest is not counted
	m.counting = nil
	s := Read()
	for key, n := range counted.Counts {
		s.Counts[key] = n
	}
	return s, err
}
