package units

import "github.com/echobench/echobench/internal/measure/usage"

// A unit is one figure of a result line.
type unit struct {
	name   string
	better string // "lower" or "higher"
	set    Set

	// value computes the figure from what one end used, and reports whether that
	// is known. It is nil for a figure that comes from elsewhere. Units with a
	// value are also reported for a server in another process, with the prefix srv-.
	value func(Window) (float64, bool)
}

var table = []unit{
	{"ops/s", "higher", always, nil},
	{"mean-ns", "lower", Latency, nil},
	{"p50-ns", "lower", Latency, nil},
	{"p95-ns", "lower", Latency, nil},
	{"p99-ns", "lower", Latency, nil},
	{"p999-ns", "lower", Latency, nil},
	{"req-p50-ns", "lower", Legs, nil},
	{"req-p99-ns", "lower", Legs, nil},
	{"resp-p50-ns", "lower", Legs, nil},
	{"resp-p99-ns", "lower", Legs, nil},
	{CPUPerOp, "lower", CPU, Window.cpuPerOp},
	{"user-ns/op", "lower", Kernel, perOp(usage.User)},
	{"sys-ns/op", "lower", Kernel, perOp(usage.System)},
	{"cores", "lower", Kernel, Window.cores},
	{"busy", "lower", Kernel, Window.busy},
	{"vcsw/op", "lower", Kernel, perOp(usage.Voluntary)},
	{"icsw/op", "lower", Kernel, perOp(usage.Involuntary)},
	{"minflt/op", "lower", Kernel, perOp(usage.MinorFaults)},
	{"majflt/op", "lower", Kernel, perOp(usage.MajorFaults)},
	{"peak-rss-B", "lower", Kernel, level(usage.PeakRSS)},
	{"gc-share", "lower", Runtime, Window.gcShare},
	{"gc-cycles/op", "lower", Runtime, perOp(usage.GCCycles)},
	{"sched-p99-ns", "lower", Runtime, func(w Window) (float64, bool) { return w.After.SchedP99(w.Before) }},
	{"mutex-wait-ns/op", "lower", Runtime, perOp(usage.MutexWait)},
	{"heap-B", "lower", Runtime, level(usage.Heap)},
	{"goroutines", "lower", Runtime, level(usage.Goroutines)},
	{"cycles/op", "lower", Counters, counted(usage.Cycles)},
	{"instructions/op", "lower", Counters, counted(usage.Instructions)},
	{"cache-refs/op", "lower", Counters, counted(usage.CacheRefs)},
	{"cache-misses/op", "lower", Counters, counted(usage.CacheMisses)},
	{"branch-misses/op", "lower", Counters, counted(usage.BranchMisses)},
	{"syscalls/op", "lower", Counters, counted(usage.Syscalls)},
	{"futex/op", "lower", Counters, counted(usage.Futex)},
	{"reads/op", "lower", Counters, counted(usage.ReadCalls)},
	{"writes/op", "lower", Counters, counted(usage.WriteCalls)},
	{"polls/op", "lower", Counters, counted(usage.PollCalls)},
}

// serverTable has the units that package testing reports for the client.
var serverTable = []unit{
	{"B/op", "lower", always, perOp(usage.AllocBytes)},
	{"allocs/op", "lower", always, perOp(usage.Allocs)},
}

// perOp divides what was used in the window by the number of echoes.
func perOp(key string) func(Window) (float64, bool) {
	return func(w Window) (float64, bool) {
		n, ok := w.After.Count(w.Before, key)
		return n / float64(w.Echoes), ok
	}
}

// counted is perOp for counters that start from 0 in each window.
func counted(key string) func(Window) (float64, bool) {
	return func(w Window) (float64, bool) {
		n, ok := w.After.Counts[key]
		return n / float64(w.Echoes), ok
	}
}

func level(key string) func(Window) (float64, bool) {
	return func(w Window) (float64, bool) {
		n, ok := w.After.Levels[key]
		return n, ok
	}
}
