package units

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/echobench/echobench/internal/measure/usage"
)

// A Window is what one end used while the benchmark's timer ran.
type Window struct {
	Before, After usage.Snapshot
	Echoes        int
	Elapsed       time.Duration

	// Generator is true if the end holds the generator of an open loop. What its
	// waiting distorts is not reported.
	Generator bool
}

// minWindow is how long a window must be to be reported. The figures of a shorter one
// would show its beginning and end rather than the echoes between them.
const minWindow = 5 * time.Millisecond

// Report calls metric for every unit of the set that was measured.
func (w Window) Report(set Set, metric func(value float64, unit string)) {
	w.report(table, set, "", metric)
}

// ReportServer is Report for a server in another process. The units have the
// prefix srv-, and include those that package testing reports for the client.
func (w Window) ReportServer(set Set, metric func(value float64, unit string)) {
	w.report(slices.Concat(table, serverTable), set, "srv-", metric)
}

func (w Window) report(units []unit, set Set, prefix string, metric func(float64, string)) {
	if w.Elapsed < minWindow {
		return
	}
	for _, u := range units {
		if u.value == nil || u.set&(set|always) == 0 || w.Generator && distorted[u.name] {
			continue
		}
		value, ok := u.value(w)
		if !ok || value < 0 || value == 0 && strings.Contains(u.name, "-ns") {
			continue // benchstat would put a 0 in nanoseconds into a table of its own
		}
		metric(value, prefix+u.name)
	}
}

// CPU returns the processor time used, in nanoseconds.
func (w Window) CPU() (float64, bool) {
	user, ok1 := w.After.Count(w.Before, usage.User)
	system, ok2 := w.After.Count(w.Before, usage.System)
	return user + system, ok1 && ok2
}

// cpuPerOp returns the processor time of one echo.
func (w Window) cpuPerOp() (float64, bool) {
	cpu, ok := w.CPU()
	return cpu / float64(w.Echoes), ok
}

// cores returns how many processors the end kept busy.
func (w Window) cores() (float64, bool) {
	cpu, ok := w.CPU()
	return cpu / float64(w.Elapsed), ok
}

// busy returns cores as a share of the processors that the end may use: those that its
// Go scheduler uses, or fewer if its control group has a quota. Near 1 the end is
// saturated, and the result may be its limit.
func (w Window) busy() (float64, bool) {
	cores, ok := w.cores()
	procs := w.After.Levels[usage.Procs]
	if w.quotaIsLess() {
		procs = w.After.Quota.CPUs
	}
	return cores / procs, ok && procs > 0
}

// quotaIsLess reports whether the end may keep fewer processors busy than its Go
// scheduler uses.
func (w Window) quotaIsLess() bool {
	cpus := w.After.Quota.CPUs
	return cpus > 0 && cpus < w.After.Levels[usage.Procs]
}

// gcShare returns the share of the processor time that garbage collection took.
func (w Window) gcShare() (float64, bool) {
	gc, ok1 := w.After.Count(w.Before, usage.GC)
	cpu, ok2 := w.CPU()
	return gc / cpu, ok1 && ok2 && cpu > 0
}

// saturated is the share of its processors from which an end counts as saturated.
const saturated = 0.9

// Load describes which end was busy, for the progress line after a cell. server
// is nil if both ends share a process. Load returns "" if that is not known.
func Load(client Window, server *Window) string {
	if client.Elapsed < minWindow {
		return ""
	}
	if client.Generator {
		return serverLoad(server)
	}
	busy, ok := client.busy()
	if !ok {
		return ""
	}
	if server == nil {
		of := "GOMAXPROCS"
		if client.quotaIsLess() {
			of = fmt.Sprintf("a CPU quota of %.3g", client.After.Quota.CPUs)
		}
		text := fmt.Sprintf("both ends together kept %.0f%% of %s busy", 100*busy, of)
		if limit := quotaLimit(client); limit != "" {
			text += ": " + limit
		}
		return text
	}
	srvBusy, ok := server.busy()
	if !ok {
		return ""
	}
	limit := quotaLimit(client, *server)
	switch {
	case limit != "":
	case busy >= saturated && srvBusy >= saturated:
		limit = "both ends are saturated"
	case busy >= saturated:
		limit = "the client is saturated"
	case srvBusy >= saturated:
		limit = "the server is saturated"
	default:
		limit = "neither end is saturated"
	}
	return fmt.Sprintf("client %.0f%% busy, server %.0f%% busy: %s", 100*busy, 100*srvBusy, limit)
}

// quotaLimit describes the CPU quota that limited the ends. It returns "" if none did. A group that is throttled limits its processes even if it has not used all
// of its quota, because what is left in one period is lost.
func quotaLimit(ends ...Window) string {
	for _, end := range ends {
		quota := end.After.Quota.Since(end.Before.Quota)
		used := 0.0
		for _, other := range ends {
			if cores, ok := other.cores(); ok && other.After.Quota.Group == quota.Group {
				used += cores
			}
		}
		if quota.CPUs > 0 && (quota.Throttled > 0 || used >= saturated*quota.CPUs) {
			return fmt.Sprintf("the CPU quota of %.3g is the limit, %.0f%% of it was used, throttled in %d of %d periods",
				quota.CPUs, 100*used/quota.CPUs, quota.Throttled, quota.Periods)
		}
	}
	return ""
}

// serverLoad describes how busy a server in another process was.
func serverLoad(server *Window) string {
	if server == nil {
		return ""
	}
	busy, ok := server.busy()
	if !ok {
		return ""
	}
	return fmt.Sprintf("server %.0f%% busy", 100*busy)
}
