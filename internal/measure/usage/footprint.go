package usage

import (
	"runtime"
	"runtime/debug"
)

// A Footprint is what this process holds at one moment, after garbage collection.
type Footprint struct {
	// Resident is how many bytes are resident in memory, and Threads how many
	// threads there are. Both are 0 where they are not known.
	Resident, Threads int

	Goroutines int
}

// ReadFootprint collects the garbage, returns free memory to the operating system,
// and returns what remains. It takes milliseconds or more.
func ReadFootprint() Footprint {
	// Finalizers and pools release memory only at the second collection.
	runtime.GC()
	debug.FreeOSMemory()
	f := Footprint{Goroutines: runtime.NumGoroutine()}
	f.Resident, f.Threads = residentAndThreads()
	return f
}

// Since returns how much f is more than before. A figure that is not known in both
// is 0.
func (f Footprint) Since(before Footprint) Footprint {
	more := Footprint{Goroutines: f.Goroutines - before.Goroutines}
	if f.Resident > 0 && before.Resident > 0 {
		more.Resident = f.Resident - before.Resident
	}
	if f.Threads > 0 && before.Threads > 0 {
		more.Threads = f.Threads - before.Threads
	}
	return more
}
