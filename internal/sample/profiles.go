package sample

import "github.com/echobench/echobench/internal/measure/profile"

// Profiles returns the profiles of the measurement.
func (m *Measurement) Profiles() []profile.File { return m.profiles }

// addProfile adds a profile of the given kind.
func (m *Measurement) addProfile(end, kind string, data []byte) {
	m.profiles = append(m.profiles, profile.File{Suffix: "." + end + "." + kind + ".pprof", Data: data})
}

// clientEnd names the end of this process: the client, or both.
func (s *Sample) clientEnd() string {
	if s.process == nil {
		return "both"
	}
	return "client"
}

// profileHeaps adds the heap profiles of both ends, if they are wanted. when is before or
// after the measurement.
func (s *Sample) profileHeaps(m *Measurement, when string) error {
	if !s.config.HeapProfile {
		return nil
	}
	heap, err := profile.Heap()
	if err != nil {
		return err
	}
	m.addProfile(s.clientEnd(), "heap-"+when, heap)
	if s.process == nil {
		return nil
	}
	if heap, err = s.process.Heap(); err != nil {
		return err
	}
	m.addProfile("server", "heap-"+when, heap)
	return nil
}
