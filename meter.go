package echobench

import "github.com/echobench/echobench/internal/usage"

// A meter takes the snapshots at both ends of a run, for the process it is in.
type meter struct{ counting *usage.Counters }

func (m *meter) begin(counters []string) (usage.Snapshot, error) {
	s := usage.Read()
	if len(counters) == 0 {
		return s, nil
	}
	var err error
	m.counting, err = usage.StartCounters(counters)
	return s, err
}

func (m *meter) end() (usage.Snapshot, error) {
	if m.counting == nil {
		return usage.Read(), nil
	}
	counted := usage.Snapshot{Counts: map[string]float64{}}
	err := m.counting.Stop(&counted) // first: what follows is not to be counted
	m.counting = nil
	s := usage.Read()
	for key, n := range counted.Counts {
		s.Counts[key] = n
	}
	return s, err
}
