package units

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/measure/usage"
)

// window returns a window of a tenth of a second in which a process with 2
// processors used the given processor time, in nanoseconds.
func window(user, system float64) Window {
	snapshot := func(user, system float64) usage.Snapshot {
		return usage.Snapshot{
			Counts: map[string]float64{usage.User: user, usage.System: system, usage.Voluntary: 7},
			Levels: map[string]float64{usage.Procs: 2, usage.Heap: 1000},
		}
	}
	return Window{Before: snapshot(1e9, 1e9), After: snapshot(1e9+user, 1e9+system), Echoes: 1000, Elapsed: 100 * time.Millisecond}
}

func TestReport(t *testing.T) {
	report := func(w Window, set Set) map[string]float64 {
		got := map[string]float64{}
		w.Report(set, func(value float64, unit string) { got[unit] = value })
		return got
	}
	w := window(100e6, 0)
	want := map[string]float64{"cpu-ns/op": 100e3, "user-ns/op": 100e3, "cores": 1, "busy": 0.5, "vcsw/op": 0}
	if got := report(w, CPU|Kernel); !maps.Equal(got, want) {
		t.Errorf("reported %v, want %v without sys-ns/op, which is 0", got, want)
	}
	if got := report(w, Runtime); !maps.Equal(got, map[string]float64{"heap-B": 1000}) {
		t.Errorf("reported %v of the runtime set, want the heap alone", got)
	}
	w.Elapsed = time.Millisecond
	if got := report(w, All); len(got) != 0 {
		t.Errorf("reported %v of a window of %v, want nothing", got, w.Elapsed)
	}
}

// The end that generates the load of an open loop shows no figures of its waiting.
func TestGenerator(t *testing.T) {
	w := window(1e6, 1e6)
	w.Before.Counts[usage.MinorFaults], w.After.Counts[usage.MinorFaults] = 1, 2
	w.Generator = true
	var got []string
	w.Report(All, func(_ float64, unit string) { got = append(got, unit) })
	if want := []string{"minflt/op", "heap-B"}; !slices.Equal(got, want) {
		t.Errorf("reported %v, want %v", got, want)
	}
	server := window(100e6, 0)
	if got := Load(w, &server); got != "server 50% busy" || Load(w, nil) != "" {
		t.Errorf("Load = %q with a server, %q without", got, Load(w, nil))
	}
	for name := range distorted {
		if !slices.ContainsFunc(table, func(u unit) bool { return u.name == name }) {
			t.Errorf("no unit %s", name)
		}
	}
}

func TestReportServer(t *testing.T) {
	var got []string
	w := window(1e6, 1e6)
	w.Before.Counts[usage.Allocs], w.After.Counts[usage.Allocs] = 1, 2
	w.ReportServer(CPU|Kernel, func(_ float64, unit string) { got = append(got, unit) })
	want := []string{"srv-cpu-ns/op", "srv-user-ns/op", "srv-sys-ns/op", "srv-cores", "srv-busy", "srv-vcsw/op", "srv-allocs/op"}
	if !slices.Equal(got, want) {
		t.Errorf("reported %v, want %v", got, want)
	}
}

func TestLoad(t *testing.T) {
	idle, full := window(20e6, 0), window(150e6, 40e6)
	short := full
	short.Elapsed = time.Millisecond
	for _, c := range []struct {
		client Window
		server *Window
		want   string
	}{
		{full, nil, "both ends together kept 95% of GOMAXPROCS busy"},
		{idle, &idle, "client 10% busy, server 10% busy: neither end is saturated"},
		{idle, &full, "client 10% busy, server 95% busy: the server is saturated"},
		{full, &idle, "client 95% busy, server 10% busy: the client is saturated"},
		{full, &full, "client 95% busy, server 95% busy: both ends are saturated"},
		{short, nil, ""},
		{Window{Elapsed: time.Second}, nil, ""},
	} {
		if got := Load(c.client, c.server); got != c.want {
			t.Errorf("Load = %q, want %q", got, c.want)
		}
	}
}

// TestQuota: an end is busy in proportion to what its control group may use, and both
// ends may be in one group.
func TestQuota(t *testing.T) {
	const full = "both ends together kept 98% of a CPU quota of 1 busy: the CPU quota of 1 is the limit, 98% of it was used, throttled in 0 of 1 periods"
	end := func(cpu float64, q usage.Quota) Window {
		w := window(cpu, 0) // of 100 ms
		w.Before.Quota, w.After.Quota = q, q
		w.Before.Quota.Periods, w.Before.Quota.Throttled = q.Periods-1, 0
		return w
	}
	quota := func(cpus float64, throttled int, group string) usage.Quota {
		return usage.Quota{CPUs: cpus, Periods: 7, Throttled: throttled, Group: group}
	}
	one, other := quota(1, 0, "a"), quota(1, 0, "b")
	pair := func(client, server Window) [2]*Window { return [2]*Window{&client, &server} }
	client := end(98e6, one)
	for _, c := range []struct {
		ends [2]*Window
		want string
	}{
		{[2]*Window{&client}, full},
		{pair(end(48e6, one), end(46e6, one)), "client 48% busy, server 46% busy: the CPU quota of 1 is the limit, 94% of it was used, throttled in 0 of 1 periods"},
		{pair(end(48e6, one), end(46e6, other)), "client 48% busy, server 46% busy: neither end is saturated"},
		{pair(end(8e6, one), end(46e6, quota(1, 1, "b"))), "client 8% busy, server 46% busy: the CPU quota of 1 is the limit, 46% of it was used, throttled in 1 of 1 periods"},
		{pair(end(48e6, quota(4, 0, "a")), end(46e6, quota(4, 0, "a"))), "client 24% busy, server 23% busy: neither end is saturated"},
	} {
		if got := Load(*c.ends[0], c.ends[1]); got != c.want {
			t.Errorf("Load = %q, want %q", got, c.want)
		}
	}
	if busy, ok := client.busy(); !ok || busy != 0.98 {
		t.Errorf("busy = %v, %v, want 0.98 of the quota", busy, ok)
	}
}

func TestParseSet(t *testing.T) {
	for _, s := range setNames {
		if got, err := ParseSet(s.name); err != nil || got != s.set || got.Check() != nil {
			t.Errorf("ParseSet(%q) = %v, %v, and Check: %v", s.name, got, err, got.Check())
		}
	}
	if _, err := ParseSet("cpus"); err == nil || !strings.Contains(err.Error(), `"cpus": want latency, cpu, kernel, runtime, legs, all`) {
		t.Errorf("ParseSet(cpus): %v", err)
	}
	if err := Set(1 << 20).Check(); err == nil || !strings.Contains(err.Error(), "metrics 0x100000") {
		t.Errorf("an unknown group: %v", err)
	}
}
