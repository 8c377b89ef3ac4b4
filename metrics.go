package echobench

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/echobench/echobench/internal/usage"
)

// Metrics selects what a result line shows beside ns/op, MB/s, ops/s, B/op and
// allocs/op. benchstat prints a table a unit, so fewer read better. What each
// unit means and where it comes from is in docs/metrics.md.
type Metrics uint

const (
	Latency Metrics = 1 << iota // mean and percentiles of the round trip
	CPU                         // processor time, by user and system
	Kernel                      // context switches, page faults, resident memory
	Runtime                     // garbage collection, scheduling, mutexes, heap
	Legs                        // the request's and the response's way, apart

	DefaultMetrics = Latency | CPU | Kernel
	AllMetrics     = Latency | CPU | Kernel | Runtime | Legs

	counters Metrics = 1 << 30 // Suite.Counters
	always   Metrics = 1 << 31
)

var metricsNames = []struct {
	name string
	set  Metrics
}{
	{"latency", Latency}, {"cpu", CPU}, {"kernel", Kernel}, {"runtime", Runtime}, {"legs", Legs}, {"all", AllMetrics},
}

// ParseMetrics reads the name of a set: latency, cpu, kernel, runtime, legs, all.
func ParseMetrics(name string) (Metrics, error) {
	var known []string
	for _, m := range metricsNames {
		if m.name == name {
			return m.set, nil
		}
		known = append(known, m.name)
	}
	return 0, fmt.Errorf("echobench: metrics %q: want %s", name, strings.Join(known, ", "))
}

func (m Metrics) check() error {
	if m&^AllMetrics != 0 {
		return fmt.Errorf("metrics %#x: want a combination of Latency, CPU, Kernel, Runtime and Legs", uint(m))
	}
	return nil
}

// A unit is one figure of a result line.
type unit struct {
	name   string
	better string // "lower" or "higher"
	set    Metrics
	// value computes it from one end's use; nil if it comes from elsewhere. Units
	// with a value are reported for the server too, with the prefix srv-.
	value func(window) (float64, bool)
}

var units = []unit{
	{"ops/s", "higher", always, nil},
	{"mean-ns", "lower", Latency, nil},
	{"p50-ns", "lower", Latency, nil},
	{"p99-ns", "lower", Latency, nil},
	{"p999-ns", "lower", Latency, nil},
	{"req-p50-ns", "lower", Legs, nil},
	{"req-p99-ns", "lower", Legs, nil},
	{"resp-p50-ns", "lower", Legs, nil},
	{"resp-p99-ns", "lower", Legs, nil},
	{"user-ns/op", "lower", CPU, perOp(usage.User)},
	{"sys-ns/op", "lower", CPU, perOp(usage.System)},
	{"cores", "lower", CPU, window.cores},
	{"busy", "lower", CPU, window.busy},
	{"vcsw/op", "lower", Kernel, perOp(usage.Voluntary)},
	{"icsw/op", "lower", Kernel, perOp(usage.Involuntary)},
	{"minflt/op", "lower", Kernel, perOp(usage.MinorFaults)},
	{"majflt/op", "lower", Kernel, perOp(usage.MajorFaults)},
	{"peak-rss-B", "lower", Kernel, level(usage.PeakRSS)},
	{"gc-share", "lower", Runtime, window.gcShare},
	{"gc-cycles/op", "lower", Runtime, perOp(usage.GCCycles)},
	{"sched-p99-ns", "lower", Runtime, func(w window) (float64, bool) { return w.after.SchedP99(w.before) }},
	{"mutex-wait-ns/op", "lower", Runtime, perOp(usage.MutexWait)},
	{"heap-B", "lower", Runtime, level(usage.Heap)},
	{"goroutines", "lower", Runtime, level(usage.Goroutines)},
	{"cycles/op", "lower", counters, counted(usage.Cycles)},
	{"instructions/op", "lower", counters, counted(usage.Instructions)},
	{"cache-refs/op", "lower", counters, counted(usage.CacheRefs)},
	{"cache-misses/op", "lower", counters, counted(usage.CacheMisses)},
	{"branch-misses/op", "lower", counters, counted(usage.BranchMisses)},
	{"syscalls/op", "lower", counters, counted(usage.Syscalls)},
	{"futex/op", "lower", counters, counted(usage.Futex)},
	{"reads/op", "lower", counters, counted(usage.ReadCalls)},
	{"writes/op", "lower", counters, counted(usage.WriteCalls)},
	{"polls/op", "lower", counters, counted(usage.PollCalls)},
}

// serverUnits are those that testing itself reports for the client.
var serverUnits = []unit{
	{"B/op", "lower", always, perOp(usage.AllocBytes)},
	{"allocs/op", "lower", always, perOp(usage.Allocs)},
}

// unitsPrinted has the lines that this process has printed.
var unitsPrinted sync.Map

// printUnits prints the benchmark format's metadata for the units of our own.
func printUnits(set Metrics, server Placement) {
	print := func(prefix string, u unit) {
		line := fmt.Sprintf("Unit %s%s better=%s", prefix, u.name, u.better)
		if _, printed := unitsPrinted.LoadOrStore(line, true); !printed {
			fmt.Println(line)
		}
	}
	for _, u := range units {
		if u.set&(set|always) != 0 {
			print("", u)
		}
	}
	if server == InProcess {
		return
	}
	for _, u := range slices.Concat(units, serverUnits) {
		if u.set&(set|always) != 0 && u.value != nil {
			print("srv-", u)
		}
	}
}

// printMissing says in a line each which counters can't be had, and why.
func printMissing(missing []usage.Missing) {
	byReason := map[string][]string{}
	for _, m := range missing {
		byReason[m.Why] = append(byReason[m.Why], m.Key)
	}
	for _, why := range slices.Sorted(maps.Keys(byReason)) {
		fmt.Printf("# not counted: %s: %s\n", strings.Join(byReason[why], ", "), why)
	}
}

// A window is what one end used while b's timer ran.
type window struct {
	before, after usage.Snapshot
	ops           int
	elapsed       time.Duration
}

// shortest is the elapsed time under which a window says more about its own
// edges than about the echoes between them; nothing is reported of it.
const shortest = 5 * time.Millisecond

// report calls metric for every unit of the sets that could be measured.
func (w window) report(units []unit, set Metrics, prefix string, metric func(float64, string)) {
	if w.elapsed < shortest {
		return
	}
	for _, u := range units {
		if u.value == nil || u.set&(set|always) == 0 {
			continue
		}
		value, ok := u.value(w)
		if !ok || value < 0 || value == 0 && strings.Contains(u.name, "-ns") {
			continue // benchstat would put a 0 of these in a table of its own
		}
		metric(value, prefix+u.name)
	}
}

func perOp(key string) func(window) (float64, bool) {
	return func(w window) (float64, bool) {
		n, ok := w.after.Count(w.before, key)
		return n / float64(w.ops), ok
	}
}

// counted is perOp for what is counted from the window's start.
func counted(key string) func(window) (float64, bool) {
	return func(w window) (float64, bool) {
		n, ok := w.after.Counts[key]
		return n / float64(w.ops), ok
	}
}

func level(key string) func(window) (float64, bool) {
	return func(w window) (float64, bool) {
		n, ok := w.after.Levels[key]
		return n, ok
	}
}

// cpu is the processor time used, in nanoseconds.
func (w window) cpu() (float64, bool) {
	user, ok1 := w.after.Count(w.before, usage.User)
	system, ok2 := w.after.Count(w.before, usage.System)
	return user + system, ok1 && ok2
}

// cores is how many processors the end kept busy.
func (w window) cores() (float64, bool) {
	cpu, ok := w.cpu()
	return cpu / float64(w.elapsed), ok
}

// busy is cores as a share of those that the end's Go scheduler may use: near 1,
// the end is saturated and the figure may be its limit.
func (w window) busy() (float64, bool) {
	cores, ok := w.cores()
	procs := w.after.Levels[usage.Procs]
	return cores / procs, ok && procs > 0
}

// gcShare is the share of the processor time that went into garbage collection.
func (w window) gcShare() (float64, bool) {
	gc, ok1 := w.after.Count(w.before, usage.GC)
	cpu, ok2 := w.cpu()
	return gc / cpu, ok1 && ok2 && cpu > 0
}

// load says who was busy, for the comment after a cell.
func load(client window, server *window) string {
	busy, ok := client.busy()
	switch {
	case !ok || client.elapsed < shortest:
		return ""
	case server == nil:
		return fmt.Sprintf("; both ends together kept %.0f%% of GOMAXPROCS busy", 100*busy)
	}
	srvBusy, ok := server.busy()
	if !ok {
		return ""
	}
	const saturated = 0.9
	limit := "neither end is saturated"
	switch {
	case busy >= saturated && srvBusy >= saturated:
		limit = "both ends are saturated"
	case busy >= saturated:
		limit = "the client is saturated"
	case srvBusy >= saturated:
		limit = "the server is saturated"
	}
	return fmt.Sprintf("; client %.0f%% busy, server %.0f%%: %s", 100*busy, 100*srvBusy, limit)
}
