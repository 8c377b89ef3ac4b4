package usage

import "os"

// ResetPeak makes PeakRSS count from now on, and says whether it does: without
// it a process reports the most it ever used, in an earlier benchmark perhaps.
func ResetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }
