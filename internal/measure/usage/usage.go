// Package usage reads how much this process has used so far: processor time,
// context switches, page faults and memory, what the Go runtime counts, and, on
// demand, hardware counters and system calls. Every figure covers all threads of
// the process. A figure that the platform does not provide is absent, never 0.
package usage

import (
	"runtime"
	"runtime/metrics"
)

// A Snapshot is what this process has used at one moment. It can be encoded as
// JSON, to send it to another process.
type Snapshot struct {
	// Counts only grow. The difference of two snapshots is what was used between
	// them.
	Counts map[string]float64

	// Levels are the values at the moment of the snapshot.
	Levels map[string]float64

	// Sched is the Go scheduler's histogram of how long goroutines were runnable
	// before they ran, with the buckets of /sched/latencies:seconds in package
	// runtime/metrics.
	Sched []uint64

	Quota Quota
}

// The keys of Counts and Levels. All times are in nanoseconds.
const (
	User        = "user"         // CPU time in user mode
	System      = "system"       // CPU time in the kernel
	Voluntary   = "voluntary"    // context switches because a thread waited
	Involuntary = "involuntary"  // context switches because a thread had used up its time slice
	MinorFaults = "minor-faults" // page faults served from memory
	MajorFaults = "major-faults" // page faults served from a disk
	GC          = "gc"           // CPU time of the garbage collector, up to the end of its last cycle
	GCCycles    = "gc-cycles"    // completed garbage collections
	MutexWait   = "mutex-wait"   // time that goroutines waited for mutexes, all added up
	Allocs      = "allocs"       // heap objects allocated
	AllocBytes  = "alloc-bytes"  // heap bytes allocated

	PeakRSS    = "peak-rss"   // the most memory that was ever resident, in bytes
	Heap       = "heap"       // bytes of heap objects that are live or not yet swept
	Goroutines = "goroutines" // goroutines that exist
	Procs      = "procs"      // GOMAXPROCS
)

// runtimeFigures are the figures that come from package runtime/metrics.
var runtimeFigures = []struct {
	name, key string
	scale     float64
	level     bool
}{
	{"/cpu/classes/gc/total:cpu-seconds", GC, 1e9, false},
	{"/gc/cycles/total:gc-cycles", GCCycles, 1, false},
	{"/sync/mutex/wait/total:seconds", MutexWait, 1e9, false},
	{"/memory/classes/heap/objects:bytes", Heap, 1, true},
	{"/sched/goroutines:goroutines", Goroutines, 1, true},
}

// Read returns a snapshot. It stops all goroutines for some microseconds.
func Read() Snapshot {
	s := Snapshot{Counts: map[string]float64{}, Levels: map[string]float64{}, Quota: ReadQuota()}
	s.Levels[Procs] = float64(runtime.GOMAXPROCS(0))

	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	s.Counts[Allocs] = float64(mem.Mallocs)
	s.Counts[AllocBytes] = float64(mem.TotalAlloc)

	read := make([]metrics.Sample, len(runtimeFigures))
	for i, f := range runtimeFigures {
		read[i].Name = f.name
	}
	metrics.Read(read)
	for i, f := range runtimeFigures {
		into := s.Counts
		if f.level {
			into = s.Levels
		}
		switch v := read[i].Value; v.Kind() {
		case metrics.KindUint64:
			into[f.key] = float64(v.Uint64()) * f.scale
		case metrics.KindFloat64:
			into[f.key] = v.Float64() * f.scale
		}
	}
	if h := schedHistogram(); h != nil {
		s.Sched = append(s.Sched, h.Counts...)
	}
	readProcess(&s)
	return s
}

// Count returns how much a count grew from before to s. ok is false if one of the
// snapshots does not have it.
func (s Snapshot) Count(before Snapshot, key string) (n float64, ok bool) {
	a, ok1 := before.Counts[key]
	b, ok2 := s.Counts[key]
	return b - a, ok1 && ok2
}

// CPU returns the processor time that this process has used so far, in
// nanoseconds, and whether it is known.
func CPU() (ns float64, ok bool) {
	s := Snapshot{Counts: map[string]float64{}, Levels: map[string]float64{}}
	readProcess(&s)
	user, ok1 := s.Counts[User]
	system, ok2 := s.Counts[System]
	return user + system, ok1 && ok2
}
