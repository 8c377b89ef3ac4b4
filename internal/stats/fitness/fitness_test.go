package fitness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCheck(t *testing.T) {
	r := Check(t.Context())
	if r.CPUs != runtime.NumCPU() {
		t.Errorf("%d processors, want %d", r.CPUs, runtime.NumCPU())
	}
	for name, q := range map[string]Quantiles{"Late": r.Late, "RoundTrip": r.RoundTrip} {
		if q.P50 < 0 || q.P99 < q.P50 {
			t.Errorf("%s: p50 %v, p99 %v, want rising values", name, q.P50, q.P99)
		}
	}
	for name, s := range map[string]Share{"Stolen": r.Stolen, "StolenSinceBoot": r.StolenSinceBoot, "Others": r.Others} {
		if s.Known != (runtime.GOOS == "linux") {
			t.Errorf("%s is known: %v, on %s", name, s.Known, runtime.GOOS)
		}
		if s.Value < 0 || s.Value > 1 {
			t.Errorf("%s = %v, want a value from 0 to 1", name, s.Value)
		}
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := Check(ctx)
	if none := (Quantiles{}); r.Late != none || r.RoundTrip != none {
		t.Errorf("measured %v and %v after the context's end", r.Late, r.RoundTrip)
	}
	if ok, reasons := (Report{CPUs: 1}).Fit(); !ok {
		t.Errorf("a report without figures: %v", reasons)
	}
}

func TestPingPong(t *testing.T) {
	if n := len(pingPong(t.Context(), 100*time.Millisecond)); n == 0 {
		t.Error("no round trip in 100ms")
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	pingPong(ctx, time.Hour) // returns
}

func TestQuantiles(t *testing.T) {
	var values []time.Duration
	for i := range 200 {
		values = append(values, time.Duration((i*77)%200)) // 0 to 199 in another order
	}
	if got, want := quantiles(values), (Quantiles{100, 198}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := quantiles(values[:99]); got != (Quantiles{}) {
		t.Errorf("%v of 99 values, want none", got)
	}
}

func TestGovernors(t *testing.T) {
	root := t.TempDir()
	if got := governors(root); got != nil {
		t.Errorf("%q without any, want none", got)
	}
	for i, name := range []string{"powersave", "performance", "powersave"} {
		dir := filepath.Join(root, fmt.Sprintf("cpu%d", i), "cpufreq")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "scaling_governor"), []byte(name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := governors(root), []string{"performance", "powersave"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// quiet is the report of a machine at rest.
func quiet() Report {
	return Report{
		CPUs:            2,
		Late:            Quantiles{86 * time.Microsecond, 141 * time.Microsecond},
		RoundTrip:       Quantiles{12*time.Microsecond + 345, 30 * time.Microsecond},
		Stolen:          Share{0, true},
		StolenSinceBoot: Share{0.0007, true},
		Others:          Share{0, true},
		Governors:       []string{"performance"},
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Report)
		want   string // in the only reason; "" if the machine is fit
	}{
		{"at rest", func(*Report) {}, ""},
		{"at the limits", func(r *Report) {
			r.Late.P99, r.RoundTrip.P99 = maxLate, maxSpread*r.RoundTrip.P50
			r.Stolen.Value, r.StolenSinceBoot.Value, r.Others.Value = maxStolen, maxStolenSinceBoot, maxOthers
		}, ""},
		{"nothing known", func(r *Report) { *r = Report{CPUs: 2} }, ""},
		{"late", func(r *Report) { r.Late.P99 = 2300 * time.Microsecond }, "more than 2.3ms late (limit 1ms): "},
		{"round trips", func(r *Report) { r.RoundTrip.P99 = 10 * r.RoundTrip.P50 }, "round trip is 10.0 times the median (limit 6): pin "},
		{"stolen", func(r *Report) { r.Stolen.Value = 0.04 }, "took 4.0% of the processor time away during the check (limit 2.0%): use a machine with fewer neighbours"},
		{"stolen since boot", func(r *Report) { r.StolenSinceBoot.Value = 0.06 }, "has taken 6.0% of the processor time away since boot (limit 5.0%): "},
		{"others", func(r *Report) { r.Others.Value = 0.34 }, "other processes use 34.0% of the processors (limit 10.0%): stop them"},
		{"governor", func(r *Report) { r.Governors = []string{"performance", "powersave"} }, "governor is powersave, "},
	} {
		r := quiet()
		c.change(&r)
		ok, reasons := r.Fit()
		switch {
		case ok != (len(reasons) == 0):
			t.Errorf("%s: %v with the reasons %q", c.name, ok, reasons)
		case c.want == "" && !ok:
			t.Errorf("%s: %q, want none", c.name, reasons)
		case c.want != "" && (len(reasons) != 1 || !strings.Contains(reasons[0], c.want)):
			t.Errorf("%s: %q, want one reason with %q", c.name, reasons, c.want)
		}
	}
}

func TestString(t *testing.T) {
	const want = `# processors: 2, frequency governor performance
# sleeps of 1 ms end late by: p50 86µs, p99 141µs
# loopback round trip: p50 12.3µs, p99 30µs (2.4 times p50)
# processor time: 0.0% stolen during the check, 0.1% stolen since boot, 0.0% used by other processes
# fit for benchmarks: yes
`
	if got := quiet().String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	noisy := Report{CPUs: 1, Late: Quantiles{time.Millisecond, 20 * time.Millisecond}}
	const wantNoisy = `# processors: 1
# sleeps of 1 ms end late by: p50 1ms, p99 20ms
# not fit for benchmarks: 1% of the sleeps of 1 ms end more than 20ms late (limit 1ms): stop other processes, or use a machine with fewer neighbours
`
	if got := noisy.String(); got != wantNoisy {
		t.Errorf("got\n%s\nwant\n%s", got, wantNoisy)
	}
}
