package usage

import "syscall"

// readProcess adds the processor times, which are all that Windows provides.
func readProcess(s *Snapshot) {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return
	}
	var created, exited, kernel, user syscall.Filetime
	if syscall.GetProcessTimes(self, &created, &exited, &kernel, &user) != nil {
		return
	}
	s.Counts[User] = nanoseconds(user)
	s.Counts[System] = nanoseconds(kernel)
}

// nanoseconds converts a duration from units of 100 ns. (Filetime.Nanoseconds
// converts a date, not a duration.)
func nanoseconds(t syscall.Filetime) float64 {
	return float64(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
