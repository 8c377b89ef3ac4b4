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
