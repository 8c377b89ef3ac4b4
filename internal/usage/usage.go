// Package usage reads what this process has used so far: processor time,
// context switches, page faults, memory, and what the Go runtime and, by
// option, the processor's and kernel's counters say. Every figure covers all
// threads. What a platform can't tell is absent, never 0.
package usage

import (
	"runtime"
	"runtime/metrics"
)

// A Snapshot is this process's use at one moment; it travels as JSON.
type Snapshot struct {
	// Counts only grow: what was used between two snapshots is their difference.
	Counts map[string]float64
	// Levels are as of now.
	Levels map[string]float64
	// Sched is the Go scheduler's histogram of how long goroutines were runnable
	// before they ran; its buckets are those of /sched/latencies:seconds.
	Sched []uint64
}

// The keys of Counts and Levels. All times are in nanoseconds.
const (
	User        = "user"         // CPU time in user mode
	System      = "system"       // CPU time in the kernel
	Voluntary   = "voluntary"    // context switches because a thread waited
	Involuntary = "involuntary"  // context switches because its time was up
	MinorFaults = "minor-faults" // page faults served from memory
	MajorFaults = "major-faults" // page faults served from a disk
	GC          = "gc"           // CPU time of the garbage collector, to its last cycle's end
	GCCycles    = "gc-cycles"    // completed garbage collections
	MutexWait   = "mutex-wait"   // time goroutines waited for mutexes, together
	Allocs      = "allocs"       // heap objects allocated
	AllocBytes  = "alloc-bytes"  // heap bytes allocated

	PeakRSS    = "peak-rss"   // most memory ever resident, in bytes
	Heap       = "heap"       // bytes of heap objects, live or not yet swept
	Goroutines = "goroutines" // goroutines now
	Procs      = "procs"      // GOMAXPROCS
)

var samples = []struct {
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

const schedLatencies = "/sched/latencies:seconds"

// Read takes a snapshot. It stops the world for some microseconds.
func Read() Snapshot {
	s := Snapshot{Counts: map[string]float64{}, Levels: map[string]float64{}}
	s.Levels[Procs] = float64(runtime.GOMAXPROCS(0))

	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	s.Counts[Allocs] = float64(mem.Mallocs)
	s.Counts[AllocBytes] = float64(mem.TotalAlloc)

	read := make([]metrics.Sample, len(samples)+1)
	for i, m := range samples {
		read[i].Name = m.name
	}
	read[len(samples)].Name = schedLatencies
	metrics.Read(read)
	for i, m := range samples {
		into := s.Counts
		if m.level {
			into = s.Levels
		}
		switch v := read[i].Value; v.Kind() {
		case metrics.KindUint64:
			into[m.key] = float64(v.Uint64()) * m.scale
		case metrics.KindFloat64:
			into[m.key] = v.Float64() * m.scale
		}
	}
	if v := read[len(samples)].Value; v.Kind() == metrics.KindFloat64Histogram {
		s.Sched = append(s.Sched, v.Float64Histogram().Counts...)
	}
	readProcess(&s)
	return s
}

// Count returns how much key grew from before to s, and whether both know it.
func (s Snapshot) Count(before Snapshot, key string) (float64, bool) {
	a, ok1 := before.Counts[key]
	b, ok2 := s.Counts[key]
	return b - a, ok1 && ok2
}

// SchedP99 is the 99th percentile of the scheduler's latency from before to s,
// in nanoseconds, if at least a thousand goroutines were scheduled.
func (s Snapshot) SchedP99(before Snapshot) (float64, bool) {
	if len(s.Sched) == 0 || len(s.Sched) != len(before.Sched) {
		return 0, false
	}
	read := []metrics.Sample{{Name: schedLatencies}}
	metrics.Read(read)
	if read[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0, false
	}
	bounds := read[0].Value.Float64Histogram().Buckets
	if len(bounds) != len(s.Sched)+1 {
		return 0, false
	}
	var total uint64
	for i := range s.Sched {
		total += s.Sched[i] - before.Sched[i]
	}
	if total < 1000 {
		return 0, false
	}
	beyond := total / 100
	for i := len(s.Sched) - 1; i >= 0; i-- {
		n := s.Sched[i] - before.Sched[i]
		if n > beyond {
			return bounds[i] * 1e9, bounds[i] > 0 // the bucket's lower bound: the upper one may be infinite
		}
		beyond -= n
	}
	return 0, false
}
