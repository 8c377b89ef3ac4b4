package usage

import "syscall"

// readProcess adds the process's times: Windows has no more of it to tell.
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

// nanoseconds converts a duration in units of 100 ns. (Filetime.Nanoseconds
// would take it for a date.)
func nanoseconds(t syscall.Filetime) float64 {
	return float64(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
