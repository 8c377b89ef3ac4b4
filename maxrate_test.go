package echobench

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/latency"
	"github.com/echobench/echobench/internal/run/openloop"
	"github.com/echobench/echobench/internal/stats/search"
)

func TestParseSLO(t *testing.T) {
	for s, want := range map[string]SLO{
		"p99=1ms": {99, time.Millisecond}, "p50=250us": {50, 250 * time.Microsecond}, "p1=1h": {1, time.Hour}, "p95.5=1.5ms": {95.5, 1500 * time.Microsecond},
		"p99.9=2ms": {99.9, 2 * time.Millisecond}, "p999=2ms": {99.9, 2 * time.Millisecond}, "p9999=2ms": {99.99, 2 * time.Millisecond}, "p995=2ms": {99.5, 2 * time.Millisecond},
	} {
		got, err := parseText[SLO](s)
		if err != nil || got != want {
			t.Errorf("parseText(%q) = %v, %v, want %v", s, got, err, want)
		}
		if again, err := parseText[SLO](got.String()); err != nil || again != got {
			t.Errorf("parseText(%q) = %v, %v, want %v", got.String(), again, err, got)
		}
	}
	if got := (SLO{99.9, 2 * time.Millisecond}).String(); got != "p99.9=2ms" {
		t.Errorf("String is %q", got)
	}
	for _, s := range []string{
		"", "p99", "p99=", "=1ms", "99=1ms", "p=1ms", "p99=1", "p99=0", "p99=-1ms", "p99<1ms", "p99=1ms=2ms", "p0=1ms", "p0.5=1ms", "p-5=1ms", "p100=1ms",
		"p99.999=1ms", "p99999=1ms", "p500=1ms", "pNaN=1ms", "pInf=1ms", "p99=NaN", "p99=Inf", "p99=fast", "mean=1ms", "max=1ms", "P99=1ms", "p 99=1ms", "p99= 1ms",
	} {
		got, err := parseText[SLO](s)
		if err == nil || got != (SLO{}) || !strings.Contains(err.Error(), `echobench: slo "`+s+`": want a percentile of the response time, from p1 to p99.99, and its limit, such as p99=1ms`) {
			t.Errorf("parseText(%q) = %v, %v", s, got, err)
		}
	}
}

func TestMaxRateCheck(t *testing.T) {
	ms := []SLO{{99, time.Millisecond}}
	one := Suite{Transports: []echo.Transport{named{name: "one"}}}
	with := func(change func(*Suite)) MaxRate {
		s := one
		change(&s)
		return MaxRate{Suite: s, SLOs: ms}
	}
	const single = "slos with rates, overload, counters, histograms or profiles"
	for _, c := range []struct {
		name string
		m    MaxRate
		want string // in the error; empty for none
	}{
		{"one", MaxRate{Suite: one, SLOs: ms}, ""},
		{"two", MaxRate{Suite: one, SLOs: []SLO{{99, time.Millisecond}, {99, 2 * time.Millisecond}}}, ""},
		{"uniform arrivals", with(func(s *Suite) { s.Arrivals = Uniform }), ""},
		{"none", MaxRate{Suite: one}, "no slo: want one or more"},
		{"the same twice", MaxRate{Suite: one, SLOs: []SLO{ms[0], ms[0]}}, "duplicate slo p99=1ms"},
		{"zero", MaxRate{Suite: one, SLOs: []SLO{{}}}, "slo of 0s for the percentile 0"},
		{"NaN", MaxRate{Suite: one, SLOs: []SLO{{math.NaN(), 1}}}, "slo of 1ns for the percentile NaN"},
		{"100", MaxRate{Suite: one, SLOs: []SLO{{100, 1}}}, "want more than 0, and a percentile from 1 to 99.99"},
		{"rates", with(func(s *Suite) { s.Rates = []Rate{{PerSecond: 1}} }), single},
		{"overload", with(func(s *Suite) { s.Overload = true }), single},
		{"counters", with(func(s *Suite) { s.Counters = true }), single},
		{"histograms", with(func(s *Suite) { s.Histograms = "folder" }), single},
		{"profiles", with(func(s *Suite) { s.Profiles.Folder = "folder" }), single},
		{"batch", with(func(s *Suite) { s.Variants = []echo.Variant{{Name: "two", Transport: named{name: "two"}, Batch: 2}} }), "two: batch 2 and depth 0 with a rate"},
		{"depth", with(func(s *Suite) { s.Variants = []echo.Variant{{Name: "two", Transport: named{name: "two"}, Depth: 2}} }), "two: batch 0 and depth 2 with a rate"},
		{"arrivals", with(func(s *Suite) { s.Arrivals = 7 }), "arrivals 7: want [poisson uniform]"},
		{"a mistake in the suite", with(func(s *Suite) { s.Parallelism = []int{0} }), "parallelism 0: want 1 or more"},
		{"time", MaxRate{Suite: one, SLOs: ms, Time: -1}, "search time -1ns: want a positive duration, or 0 for 1m15s"},
	} {
		c.m.setDefaults()
		err := c.m.check(c.m.Suite.variants())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: check: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestCellsOfAMaxRate(t *testing.T) {
	m := MaxRate{Suite: Suite{Transports: []echo.Transport{named{name: "one"}, named{name: "two"}}}, SLOs: []SLO{{99, time.Millisecond}, {99.9, 5 * time.Millisecond}}}
	m.setDefaults()
	var names []string
	for _, c := range m.cells(m.Suite.variants(), cell{}) {
		names = append(names, c.name())
	}
	want := []string{
		"proto=one/size=64B/par=50/slo=p99=1ms", "proto=two/size=64B/par=50/slo=p99=1ms",
		"proto=one/size=64B/par=50/slo=p99.9=5ms", "proto=two/size=64B/par=50/slo=p99.9=5ms",
	}
	if !slices.Equal(names, want) {
		t.Errorf("cells %q, want %q", names, want)
	}
}

// TestJudge decides about trials of 1,000 requests, which took from 1 to 1,000 µs.
func TestJudge(t *testing.T) {
	response, lag, late := latency.NewRecorder(), latency.NewRecorder(), latency.NewRecorder()
	for i := range int64(1000) {
		response.Record(1000 * (i + 1))
		lag.Record(0)
		late.Record(900 * (i + 1))
	}
	kept := openloop.Result{Response: response, Service: response, Lag: lag, Arrivals: 1000, Span: time.Second, Elapsed: time.Second, Serving: 1}
	lagging, refusing, growing, short := kept, kept, kept, kept
	lagging.Lag = late
	refusing.Arrivals, refusing.Refused = 1010, 10
	growing.Elapsed, growing.Waited = 2*time.Second, [4]time.Duration{0, 250 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond}
	stuck := growing
	stuck.Serving = 0.1
	short.Elapsed, short.Span = time.Millisecond, time.Millisecond
	for _, c := range []struct {
		name   string
		result openloop.Result
		slo    string
		want   search.Outcome
	}{
		{"kept", kept, "p99=1ms", search.Kept},
		{"kept at the median", kept, "p50=510us", search.Kept},
		{"broken", kept, "p99=950us", search.Broken},
		{"broken at the median", kept, "p50=490us", search.Broken},
		{"1% refused, which are slower than all", refusing, "p99=1ms", search.Broken},
		{"1% refused of which 2% may be", refusing, "p98=1ms", search.Kept},
		{"1% refused, another percentile", refusing, "p50=490us", search.Broken},
		{"a growing backlog", growing, "p99=1s", search.Broken},
		{"a growing backlog of the generator", stuck, "p99=100us", search.NotOffered},
		{"a growing backlog of the generator, but the SLO is kept", stuck, "p99=1s", search.NotOffered},
		{"a late generator", lagging, "p99=100us", search.NotOffered},
		{"a late generator, but the SLO is kept", lagging, "p99=1ms", search.Kept},
		{"too short to judge the rate", short, "p99=1ms", search.Kept},
	} {
		p, err := parseText[SLO](c.slo)
		if err != nil {
			t.Fatal(err)
		}
		if got, percentile := p.judge(&c.result); got != c.want {
			t.Errorf("%s: %s: outcome %d with a percentile of %v, want %d", c.name, c.slo, got, percentile, c.want)
		}
	}
}

func TestTrialsAreLongEnough(t *testing.T) {
	for _, c := range []struct {
		slo  string
		rate float64
		time time.Duration
		want int
	}{
		{"p99=1ms", 20000, searchTime, 20000},
		{"p99=1ms", 20000, 2 * searchTime, 20000},
		{"p99=1ms", 20000, searchTime / 5, 4000},
		{"p99=1ms", 20000, time.Second, 2400},
		{"p99=1ms", 100, searchTime, 720},
		{"p99.9=1ms", 100, searchTime, 7223},
		{"p50=1ms", 1, searchTime, 100},
	} {
		p, err := parseText[SLO](c.slo)
		if err != nil {
			t.Fatal(err)
		}
		r := maxRun{slo: p, time: c.time}
		if got := r.arrivalsAt(c.rate); got != c.want {
			t.Errorf("%s at %v/s in %v: %d arrivals, want %d", c.slo, c.rate, c.time, got, c.want)
		}
	}
}

func TestSearchesAreNotTooMany(t *testing.T) {
	m := MaxRate{Time: searchTime}
	for benchtime, want := range map[string]string{
		"1s": "", "1000s": "", "100x": "", "": "",
		"101x": "-benchtime 101x: an iteration is a search, which may take 1m15s: want at most 100x",
	} {
		if err := m.checkSearches(benchtime); err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("-benchtime %s: error %v, want %q", benchtime, err, want)
		}
	}
}
