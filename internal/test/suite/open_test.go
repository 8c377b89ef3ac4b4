package suite_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/results"
)

// openFigures returns the values, by unit, of the only result of a run with the given
// flags, and the run's output.
func openFigures(t *testing.T, flags ...string) (values map[string]float64, out string) {
	t.Helper()
	out, ok := runFixture(t, append(flags, "-alone")...)
	line := regexp.MustCompile(`(?m)^BenchmarkFixture/\S+/rate=\S+\s+\d+\s+(.*)$`).FindStringSubmatch(out)
	if !ok || line == nil {
		t.Fatalf("%v: no result (exit 0: %v):\n%s", flags, ok, out)
	}
	values = map[string]float64{}
	fields := strings.Fields(line[1])
	for i := 0; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			t.Fatal(err)
		}
		values[fields[i+1]] = value
	}
	return values, out
}

// The transport slow takes 20 ms for an echo, so that neither this machine's load nor
// the generator's lag changes the result.
func TestRateIsKept(t *testing.T) {
	for _, server := range []string{"inproc", "child"} {
		got, out := openFigures(t, "-proto=slow", "-par=20", "-rate=200", "-server="+server, "-metrics=latency,cpu", "-test.benchtime=250x")
		if !strings.Contains(out, "/size=64B/par=20/rate=200") || !strings.Contains(out, "# open loop: poisson arrivals; ") {
			t.Errorf("%s: no name of the cell or of the arrivals:\n%s", server, out)
		}
		if got["offered/s"] < 140 || got["offered/s"] > 280 || got["ops/s"] < 0.8*got["offered/s"] || got["ops/s"] > got["offered/s"] {
			t.Errorf("%s: offered %v a second, achieved %v", server, got["offered/s"], got["ops/s"])
		}
		if got["p50-ns"] < 20e6 || got["svc-p50-ns"] < 20e6 || got["svc-mean-ns"] > got["mean-ns"] {
			t.Errorf("%s: times of an echo of 20 ms: %v", server, got)
		}
		if _, ok := got["drift"]; !ok {
			t.Errorf("%s: no drift in %v", server, got)
		}
		_, client := got["cpu-ns/op"]
		if _, child := got["srv-cpu-ns/op"]; client || child != (server == "child") {
			t.Errorf("%s: processor time of the generator's end %v, of the server %v", server, client, child)
		}
	}
}

func TestRateOfCapacity(t *testing.T) {
	got, _ := openFigures(t, "-proto=slow", "-par=10", "-rate=50%", "-arrivals=uniform", "-test.benchtime=250x")
	// 10 workers make at most 500 echoes a second.
	if offered := got["offered/s"]; offered < 50 || offered > 250 {
		t.Errorf("offered %v a second, want half of 500 at most", offered)
	}
}

func TestRateThatIsNotKeptFailsItsCell(t *testing.T) {
	out, ok := runFixture(t, "-proto=slow", "-par=2", "-rate=1000", "-alone", "-test.benchtime=100x")
	want := regexp.MustCompile(`proto=slow/size=64B/par=2/rate=1000: the system could not keep up: \d+ requests a second were offered and \d+ done; \d+% found all 2 workers busy, and in the last quarter they waited \S+s for one`)
	if ok || !want.MatchString(out) || strings.Contains(out, "p50-ns ") && strings.Contains(out, "ns/op") {
		t.Errorf("exit 0: %v, want %v and no result in:\n%s", ok, want, out)
	}
}

func TestOverload(t *testing.T) {
	got, _ := openFigures(t, "-proto=slow", "-par=2", "-rate=400%", "-overload", "-test.benchtime=100x")
	if got["ops/s"] > 110 || got["ops/s"] > 0.9*got["offered/s"] || got["refused/s"] != 0 || got["p50-ns"] < 2*got["svc-p50-ns"] {
		t.Errorf("2 workers with echoes of 20 ms: %v", got)
	}
	got, _ = openFigures(t, "-proto=busy", "-par=8", "-rate=1000", "-overload", "-test.benchtime=400x")
	if got["refused/s"] < 10 || got["ops/s"] < 10 || got["ops/s"] > 400 || got["svc-p50-ns"] < 5e6 {
		t.Errorf("a server that refuses the third request: %v", got)
	}
	// The capacity is that of as many workers as the server does not refuse.
	got, _ = openFigures(t, "-proto=busy", "-par=8", "-rate=50%", "-overload", "-test.benchtime=50x")
	if got["offered/s"] > 300 {
		t.Errorf("half of the capacity of two workers with echoes of 5 ms is %v a second", got["offered/s"])
	}
	out, ok := runFixture(t, "-proto=busy", "-par=8", "-rate=1000", "-alone")
	if ok || !strings.Contains(out, "request refused, too many are in progress") {
		t.Errorf("without -overload (exit 0: %v):\n%s", ok, out)
	}
}

func TestShortRunAtARateHasNoPercentiles(t *testing.T) {
	got, out := openFigures(t, "-rate=2000", "-test.benchtime=1x")
	if got["offered/s"] == 0 || got["ops/s"] == 0 || strings.Contains(out, " p50-ns\t") || got["p50-ns"] != 0 || got["mean-ns"] != 0 {
		t.Errorf("one echo: %v", got)
	}
}

func TestStallAtARate(t *testing.T) {
	out, ok := runFixture(t, "-proto=hangs", "-rate=5000", "-overload", "-stall=300ms", "-alone")
	if ok || !strings.Contains(out, "no echo finished within 300ms: 2 of 2 workers are waiting for a reply") {
		t.Errorf("a server that hangs (exit 0: %v):\n%s", ok, out)
	}
	// Nothing hangs while the workers wait for an arrival.
	openFigures(t, "-rate=1", "-arrivals=uniform", "-stall=200ms", "-test.benchtime=1x")
}

func TestDocsExplainEveryUnitAtARate(t *testing.T) {
	docs, err := os.ReadFile(root + "/docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	closed, _ := runFixture(t, "-test.benchtime=1x")
	open, _ := runFixture(t, "-test.benchtime=1x", "-rate=1000", "-overload")
	more := 0
	for _, u := range regexp.MustCompile(`(?m)^Unit (\S+) `).FindAllStringSubmatch(open, -1) {
		if !strings.Contains(string(docs), "| `"+u[1]+"` |") {
			t.Errorf("docs/metrics.md has no row for %s", u[1])
		}
		if !strings.Contains(closed, u[0]) {
			more++
		}
	}
	if more != 9 {
		t.Errorf("a rate has %d Unit lines that a closed loop does not have, want 9", more)
	}
}

func TestOutputAtARateParses(t *testing.T) {
	out, ok := runFixture(t, "-rate=2000,50%", "-overload", "-test.benchtime=500x", "-test.count=2")
	if !ok {
		t.Fatal(out)
	}
	s := results.Check(t, "rate", strings.NewReader(out))
	if len(s.Cells) != 2 || len(s.Configs) != 1 || !s.Units["offered/s"] || !s.Units["svc-p50-sec"] || !s.Units["refused/s"] {
		t.Errorf("%d cells in %d configurations, units %v:\n%s", len(s.Cells), len(s.Configs), s.Units, out)
	}
}
