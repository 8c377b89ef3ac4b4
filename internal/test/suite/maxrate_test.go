package suite_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"

	"github.com/echobench/echobench/internal/test/results"
	"github.com/echobench/echobench/internal/test/testkit"
)

// maxRate runs the fixture's BenchmarkMaxRate, with short searches.
func maxRate(t *testing.T, flags ...string) (out string, ok bool) {
	t.Helper()
	return runFixture(t, append([]string{"-test.bench=MaxRate", "-test.benchtime=1x", "-slo-time=4s", "-par=40"}, flags...)...)
}

var maxRateLine = regexp.MustCompile(`(?m)^BenchmarkMaxRate/proto=slow/size=64B/par=40/slo=p50=40ms(?:-\d+)?\s+(\d+)\s+(\S+) max-high-ops/s\s+(\S+) max-low-ops/s\s+(\S+) max-ops/s$`)

// The transport slow takes 20 ms for an echo, so that 40 workers make 2,000 echoes a
// second, or fewer on a busy machine.
func TestMaxRate(t *testing.T) {
	t.Parallel()
	servers := []string{"child"}
	if testkit.IsLong() {
		servers = append(servers, "inproc")
	}
	for _, server := range servers {
		out, ok := maxRate(t, "-proto=slow", "-slo=p50=40ms", "-server="+server, "-test.count=2", "-test.benchtime=1x")
		lines := maxRateLine.FindAllStringSubmatch(out, -1)
		if !ok || len(lines) != 2 || strings.Contains(out, "ns/op") {
			t.Fatalf("%s: want two results without ns/op (exit 0: %v):\n%s", server, ok, out)
		}
		for _, line := range lines {
			high, low, highest := number(t, line[2]), number(t, line[3]), number(t, line[4])
			if line[1] != "1" || !(0 < low && low <= highest && highest <= high) {
				t.Errorf("%s: from %v to %v, best %v in %s iterations, want one iteration and an order", server, low, high, highest, line[1])
			}
			// A search that the machine cuts short has a wide interval, but it cannot show
			// that the transport does much more than it can, or next to nothing.
			if low > 2800 || high < 200 {
				t.Errorf("%s: from %v to %v, while the transport makes up to 2,000", server, low, high)
			}
		}
		for _, want := range []string{"# open loop: poisson arrivals; ", " trials in ", "Unit max-ops/s better=higher\n", "Unit max-low-ops/s better=higher\n", "Unit max-high-ops/s better=higher\n"} {
			if strings.Count(out, want) != 1 {
				t.Errorf("%s: want %q once in:\n%s", server, want, out)
			}
		}
		results.Check(t, server, strings.NewReader(out))
		docs := readFile(t, root+"/docs/metrics.md")
		for _, unit := range regexp.MustCompile(`(?m)^Unit (\S+) `).FindAllStringSubmatch(out, -1) {
			if !strings.Contains(docs, "| `"+unit[1]+"` |") {
				t.Errorf("docs/metrics.md has no row for %s", unit[1])
			}
		}
		if slo := results.Project(t, new(benchproc.ProjectionParser), "/slo"); firstKey(t, out, slo) != "p50=40ms" {
			t.Errorf("%s: benchstat reads /slo as %q", server, firstKey(t, out, slo))
		}
	}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// firstKey returns what the projection makes of the first result.
func firstKey(t *testing.T, out string, p *benchproc.Projection) string {
	t.Helper()
	for reader := benchfmt.NewReader(strings.NewReader(out), "maxrate"); reader.Scan(); {
		if r, ok := reader.Result().(*benchfmt.Result); ok {
			return p.Project(r).Get(p.Fields()[0])
		}
	}
	return ""
}

// An iteration is a search, and the progress line describes the last one.
func TestIterationsOfAMaxRate(t *testing.T) {
	testkit.Long(t)
	t.Parallel()
	out, ok := maxRate(t, "-proto=slow", "-slo=p50=40ms", "-test.benchtime=2x")
	if line := maxRateLine.FindStringSubmatch(out); !ok || line == nil || line[1] != "2" || strings.Count(out, " trials in ") != 1 {
		t.Errorf("want one result of two searches (exit 0: %v):\n%s", ok, out)
	}
}

func TestMaxRateFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags []string
		want  string
	}{
		"never":       {[]string{"-proto=slow", "-slo=p50=1ms", "-par=100", "-slo-time=1s"}, `proto=slow/size=64B/par=100/slo=p50=1ms: the slo was kept at no rate: \d+ trials down to \d+/s; in the last one, p50 was \d+`},
		"capacity":    {[]string{"-proto=slow", "-slo=p99.9=1ms", "-par=1"}, `a closed loop makes \d+ echoes a second: too few to measure p99.9 in 10s`},
		"an error":    {[]string{"-proto=fails", "-slo=p50=1s"}, `proto=fails/size=64B/par=40/slo=p50=1s: (at \d+ requests a second: )?call 500 failed`},
		"unreadable":  {[]string{"-slo=p99"}, `-slo: echobench: slo "p99": want a percentile of the response time`},
		"one of two":  {[]string{"-slo=p99=1ms,fast"}, `-slo: echobench: slo "fast": want a percentile`},
		"with a rate": {[]string{"-slo=p99=1ms", "-rate=100"}, `echobench: slos with rates, overload, counters, histograms or profiles`},
		"iterations":  {[]string{"-slo=p99=1ms", "-test.benchtime=2000x"}, `echobench: -benchtime 2000x: an iteration is a search, which may take 4s: want at most 100x`},
		"no time":     {[]string{"-slo=p99=1ms", "-slo-time=-1s"}, `echobench: search time -1s: want a positive duration`},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := maxRate(t, c.flags...)
			if ok || !regexp.MustCompile(c.want).MatchString(out) || strings.Contains(out, "-ops/s\n") {
				t.Errorf("want a failure with %q and no result (exit 0: %v):\n%s", c.want, ok, out)
			}
		})
	}
}

// A cell that fails does not keep the next one from being measured.
func TestMaxRateFailsItsCellOnly(t *testing.T) {
	testkit.Long(t)
	t.Parallel()
	out, ok := maxRate(t, "-proto=fails,slow", "-slo=p50=40ms")
	if ok || !maxRateLine.MatchString(out) {
		t.Errorf("want a failure of the first transport and a result of the second (exit 0: %v):\n%s", ok, out)
	}
}

// Without -slo, BenchmarkMaxRate is skipped, since it is part of what go test -bench .
// runs.
func TestMaxRateIsSkipped(t *testing.T) {
	out, ok := runFixture(t, "-test.bench=MaxRate", "-test.benchtime=1x", "-test.count=2")
	if !ok || strings.Contains(out, "BenchmarkMaxRate") || strings.Contains(out, "ns/op") {
		t.Errorf("without -slo (exit 0: %v): want no line of the benchmark:\n%s", ok, out)
	}
}
