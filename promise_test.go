package echobench

import (
	"flag"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/latency"
	"github.com/echobench/echobench/internal/openloop"
	"github.com/echobench/echobench/internal/search"
	"github.com/echobench/echobench/payload"
)

func TestParsePromise(t *testing.T) {
	for s, want := range map[string]Promise{
		"p99=1ms": {99, time.Millisecond}, "p50=250us": {50, 250 * time.Microsecond}, "p1=1h": {1, time.Hour}, "p95.5=1.5ms": {95.5, 1500 * time.Microsecond},
		"p99.9=2ms": {99.9, 2 * time.Millisecond}, "p999=2ms": {99.9, 2 * time.Millisecond}, "p9999=2ms": {99.99, 2 * time.Millisecond}, "p995=2ms": {99.5, 2 * time.Millisecond},
	} {
		got, err := ParsePromise(s)
		if err != nil || got != want {
			t.Errorf("ParsePromise(%q) = %v, %v, want %v", s, got, err, want)
		}
		if again, err := ParsePromise(got.String()); err != nil || again != got {
			t.Errorf("ParsePromise(%q) = %v, %v, want %v", got.String(), again, err, got)
		}
	}
	if got := (Promise{99.9, 2 * time.Millisecond}).String(); got != "p99.9=2ms" {
		t.Errorf("String is %q", got)
	}
	for _, s := range []string{
		"", "p99", "p99=", "=1ms", "99=1ms", "p=1ms", "p99=1", "p99=0", "p99=-1ms", "p99<1ms", "p99=1ms=2ms", "p0=1ms", "p0.5=1ms", "p-5=1ms", "p100=1ms",
		"p99.999=1ms", "p99999=1ms", "p500=1ms", "pNaN=1ms", "pInf=1ms", "p99=NaN", "p99=Inf", "p99=fast", "mean=1ms", "max=1ms", "P99=1ms", "p 99=1ms", "p99= 1ms",
	} {
		got, err := ParsePromise(s)
		if err == nil || got != (Promise{}) || !strings.Contains(err.Error(), `echobench: promise "`+s+`": want a percentile of the response time, from p1 to p99.99, and its limit, such as p99=1ms`) {
			t.Errorf("ParsePromise(%q) = %v, %v", s, got, err)
		}
	}
}

func TestPromisesInASuite(t *testing.T) {
	ms := []Promise{{99, time.Millisecond}}
	one := []echo.Transport{named{name: "one"}}
	for _, c := range []struct {
		name  string
		suite Suite
		want  string // in the error; empty for none
	}{
		{"one", Suite{Transports: one, Promises: ms}, ""},
		{"two", Suite{Transports: one, Promises: []Promise{{99, time.Millisecond}, {99, 2 * time.Millisecond}}}, ""},
		{"uniform arrivals", Suite{Transports: one, Promises: ms, Arrivals: Uniform}, ""},
		{"none", Suite{Transports: one, Promises: []Promise{}}, "a suite of 0 promises has no cell"},
		{"the same twice", Suite{Transports: one, Promises: []Promise{ms[0], ms[0]}}, "promise p99=1ms appears twice"},
		{"zero", Suite{Transports: one, Promises: []Promise{{}}}, "promise of 0s for the percentile 0"},
		{"NaN", Suite{Transports: one, Promises: []Promise{{math.NaN(), 1}}}, "promise of 1ns for the percentile NaN"},
		{"100", Suite{Transports: one, Promises: []Promise{{100, 1}}}, "want more than 0, and a percentile from 1 to 99.99"},
		{"rates", Suite{Transports: one, Promises: ms, Rates: []Rate{{PerSecond: 1}}}, "promises with rates, overload, counters or histograms"},
		{"overload", Suite{Transports: one, Promises: ms, Overload: true}, "promises with rates, overload, counters or histograms"},
		{"counters", Suite{Transports: one, Promises: ms, Counters: true}, "promises with rates, overload, counters or histograms"},
		{"histograms", Suite{Transports: one, Promises: ms, Histograms: "folder"}, "promises with rates, overload, counters or histograms"},
		{"batch", Suite{Transports: one, Promises: ms, Batch: 2}, "one: batch 2 and depth 0 with a rate or a promise"},
		{"depth", Suite{Transports: one, Promises: ms, Depth: 2}, "one: batch 0 and depth 2 with a rate or a promise"},
		{"time", Suite{Transports: one, Promises: ms, SearchTime: -1}, "search time -1ns: want a positive duration, or 0 for 1m15s"},
	} {
		c.suite.setDefaults()
		err := c.suite.check(c.suite.variants())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: check: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestCellsOfPromises(t *testing.T) {
	s := Suite{Transports: []echo.Transport{named{name: "one"}}, Promises: []Promise{{99, time.Millisecond}, {99.9, 5 * time.Millisecond}}}
	s.setDefaults()
	var names []string
	for _, c := range s.cells(s.variants(), cell{}) {
		names = append(names, c.name())
	}
	if want := []string{"proto=one/size=64B/par=50/slo=p99=1ms", "proto=one/size=64B/par=50/slo=p99.9=5ms"}; !slices.Equal(names, want) {
		t.Errorf("cells %q, want %q", names, want)
	}
	s = Suite{Transports: s.Transports, Promises: s.Promises, Sizes: []payload.Size{256}, Parallelism: []int{1, 2}}
	s.setDefaults()
	if cells := s.cells(s.variants(), cell{}); len(cells) != 4 {
		t.Errorf("%d cells, want 2 of each promise", len(cells))
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
		name    string
		result  openloop.Result
		promise string
		want    search.Outcome
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
		{"a growing backlog of the generator, but the promise is kept", stuck, "p99=1s", search.NotOffered},
		{"a late generator", lagging, "p99=100us", search.NotOffered},
		{"a late generator, but the promise is kept", lagging, "p99=1ms", search.Kept},
		{"too short to judge the rate", short, "p99=1ms", search.Kept},
	} {
		p, err := ParsePromise(c.promise)
		if err != nil {
			t.Fatal(err)
		}
		if got, percentile := p.judge(&c.result); got != c.want {
			t.Errorf("%s: %s: outcome %d with a percentile of %v, want %d", c.name, c.promise, got, percentile, c.want)
		}
	}
}

func TestTrialsAreLongEnough(t *testing.T) {
	for _, c := range []struct {
		promise string
		rate    float64
		time    time.Duration
		want    int
	}{
		{"p99=1ms", 20000, searchTime, 20000},
		{"p99=1ms", 20000, 2 * searchTime, 20000},
		{"p99=1ms", 20000, searchTime / 5, 4000},
		{"p99=1ms", 20000, time.Second, 2400},
		{"p99=1ms", 100, searchTime, 720},
		{"p99.9=1ms", 100, searchTime, 7223},
		{"p50=1ms", 1, searchTime, 100},
	} {
		p, err := ParsePromise(c.promise)
		if err != nil {
			t.Fatal(err)
		}
		r := maxRun{cell: cell{promise: p, searchTime: c.time}}
		if got := r.arrivalsAt(c.rate); got != c.want {
			t.Errorf("%s at %v/s in %v: %d arrivals, want %d", c.promise, c.rate, c.time, got, c.want)
		}
	}
}

// Package testing may call the leaf again with a larger b.N. It must not search again,
// which would fail here without a transport.
func TestResultIsReportedAgain(t *testing.T) {
	r := maxRun{ctx: t.Context(), procs: runtime.GOMAXPROCS(0), found: search.Result{Max: 3, Low: 2, High: 4}, result: cellResult{ran: true}}
	got := testing.Benchmark(func(b *testing.B) {
		if b.N > 1 {
			r.leaf(b)
		}
	})
	want := map[string]float64{"max-ops/s": 3, "max-low-ops/s": 2, "max-high-ops/s": 4, "ns/op": 0}
	if got.N == 1 || !maps.Equal(got.Extra, want) {
		t.Errorf("reported %v for b.N=%d, want %v", got.Extra, got.N, want)
	}
}

func TestFirstProcs(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	value := flag.Lookup("test.cpu").Value.String()
	defer func() {
		runtime.GOMAXPROCS(before)
		flag.Set("test.cpu", value)
	}()
	for list, want := range map[string]int{"3": 3, "5,1": 5, " 2 ,1": 2, "": before, "many": before} {
		runtime.GOMAXPROCS(before)
		if err := flag.Set("test.cpu", list); err != nil {
			t.Fatal(err)
		}
		if setFirstProcs(); runtime.GOMAXPROCS(0) != want {
			t.Errorf("-cpu %q: GOMAXPROCS is %d, want %d", list, runtime.GOMAXPROCS(0), want)
		}
	}
}
