package suite_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/echobench/echobench/internal/test/results"
)

// figures are the values of the line of one transport, by unit.
func figures(t *testing.T, proto string, flags ...string) map[string]float64 {
	t.Helper()
	out, ok := runFixture(t, append(flags, "-proto="+proto, "-server=child", "-metrics=all")...)
	line := regexp.MustCompile(`(?m)^BenchmarkFixture/proto=` + proto + `/\S+\s+\d+\s+(.*)$`).FindStringSubmatch(out)
	if !ok || line == nil {
		t.Fatalf("no result of %s:\n%s", proto, out)
	}
	values := map[string]float64{}
	fields := strings.Fields(line[1])
	for i := 0; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			t.Fatal(err)
		}
		values[fields[i+1]] = value
	}
	return values
}

func TestServersAllocationsAreTheServers(t *testing.T) {
	idle, busy := figures(t, "idle"), figures(t, "allocates")
	if more := busy["srv-allocs/op"] - idle["srv-allocs/op"]; more < 99 || more > 110 {
		t.Errorf("a server that makes 100 objects an echo shows %v more srv-allocs/op", more)
	}
	if more := busy["srv-B/op"] - idle["srv-B/op"]; more < 100*1024*0.99 || more > 100*1024*1.1 {
		t.Errorf("a server that allocates 100 KiB an echo shows %v more srv-B/op", more)
	}
	if more := busy["allocs/op"] - idle["allocs/op"]; more > 5 {
		t.Errorf("the client shows %v more allocs/op for what the server does", more)
	}
}

func TestServersGarbageCollectionIsTheServers(t *testing.T) {
	busy := figures(t, "collects", "-test.benchtime=300x")
	// Two workers' calls of runtime.GC may share a cycle.
	if n := busy["srv-gc-cycles/op"]; n < 0.4 || n > 2.5 {
		t.Errorf("a server that collects at each echo shows %v srv-gc-cycles/op", n)
	}
	if share := busy["srv-gc-share"]; share < 0.1 || share > 1.2 {
		t.Errorf("a server that collects at each echo shows %v srv-gc-share", share)
	}
	if n := busy["gc-cycles/op"]; n > 0.1 {
		t.Errorf("the client shows %v gc-cycles/op for the server's", n)
	}
}

func TestEveryUnitIsMeasuredWithItsUnitLine(t *testing.T) {
	out, ok := runFixture(t, "-server=child", "-metrics=all", "-test.benchtime=20000x")
	if !ok {
		t.Fatal(out)
	}
	s := results.Check(t, "all", strings.NewReader(out))
	for _, unit := range []string{
		"user-sec/op", "sys-sec/op", "cores", "busy", "vcsw/op", "icsw/op", "minflt/op", "majflt/op", "peak-rss-B",
		"gc-share", "gc-cycles/op", "heap-B", "goroutines", "req-p50-sec", "resp-p99-sec",
		"srv-user-sec/op", "srv-sys-sec/op", "srv-cores", "srv-vcsw/op", "srv-minflt/op", "srv-peak-rss-B", "srv-B/op", "srv-allocs/op",
	} {
		if !s.Units[unit] {
			t.Errorf("no %s in:\n%s", unit, out)
		}
	}
}

func TestMetricsSelectUnits(t *testing.T) {
	out, ok := runFixture(t, "-metrics=latency", "-test.benchtime=20000x")
	if !ok || !strings.Contains(out, " p99-ns") || strings.Contains(out, "user-ns/op") || strings.Contains(out, "vcsw/op") {
		t.Errorf("-metrics=latency shows something else (exit 0: %v):\n%s", ok, out)
	}
}

// TestDocsExplainEveryUnit reads the units from a run's own Unit lines.
func TestDocsExplainEveryUnit(t *testing.T) {
	docs, err := os.ReadFile(root + "/docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	out, ok := runFixture(t, "-server=child", "-metrics=all", "-counters=true", "-idle=1")
	if !ok {
		t.Fatal(out)
	}
	units := regexp.MustCompile(`(?m)^Unit (\S+) `).FindAllStringSubmatch(out, -1)
	if len(units) < 50 {
		t.Fatalf("only %d units:\n%s", len(units), out)
	}
	for _, u := range units {
		if name := strings.TrimPrefix(u[1], "srv-"); !strings.Contains(string(docs), "| `"+name+"` |") {
			t.Errorf("docs/metrics.md has no row for %s", name)
		}
	}
}

func TestPinnedEnds(t *testing.T) {
	out, ok := runFixture(t, "-server=child", "-pin=same=0")
	if !ok || !healthyLine.MatchString(out) || !strings.Contains(out, "# pinned: same=0\n") {
		t.Errorf("exit 0: %v:\n%s", ok, out)
	}
	out, ok = runFixture(t, "-server=child", "-pin=client=4000")
	if ok || !strings.Contains(out, "processor 4000: this process may use ") {
		t.Errorf("exit 0: %v:\n%s", ok, out)
	}
}

func TestHistogramFiles(t *testing.T) {
	folder := t.TempDir()
	out, ok := runFixture(t, "-hgrm="+folder, "-test.count=2")
	if !ok {
		t.Fatal(out)
	}
	text := readFile(t, folder+"/BenchmarkFixture_proto=ok_size=64B_par=2.hgrm")
	// Both samples' last runs of 2000.
	if !strings.Contains(text, "Value") || !strings.Contains(text, "Total count    =         4000") {
		t.Errorf("not a percentile file of 4000 latencies:\n%s", text)
	}
	checkHistogramLog(t, folder+"/BenchmarkFixture_proto=ok_size=64B_par=2.hlog", text)
}

// checkHistogramLog checks that a log has two samples of 2000 latencies, and that both
// together have the percentiles of the .hgrm file.
func checkHistogramLog(t *testing.T, name, hgrm string) {
	t.Helper()
	log := hdrhistogram.NewHistogramLogReader(strings.NewReader(readFile(t, name)))
	sum := hdrhistogram.New(1, int64(time.Hour), 2)
	for range 2 {
		h, err := log.NextIntervalHistogram()
		if err != nil || h == nil || h.TotalCount() != 2000 {
			t.Fatalf("%s: %v, %v, want a sample of 2000 latencies", name, h, err)
		}
		sum.Merge(h)
	}
	if h, err := log.NextIntervalHistogram(); h != nil || err != nil {
		t.Errorf("%s: a third sample: %v, %v", name, h, err)
	}
	var want strings.Builder
	if _, err := sum.PercentilesPrint(&want, 5, 1000); err != nil || hgrm != want.String() {
		t.Errorf("%v; the samples together are\n%s\nwhich is not the .hgrm file:\n%s", err, &want, hgrm)
	}
}

// TestHistogramFilesOfEachCPUValue: latencies with different numbers of processors are not
// mixed.
func TestHistogramFilesOfEachCPUValue(t *testing.T) {
	folder := t.TempDir()
	out, ok := runFixture(t, "-hgrm="+folder, "-test.cpu=1,2", "-alone")
	if !ok {
		t.Fatal(out)
	}
	for _, procs := range []string{"1", "2"} {
		if text := readFile(t, folder+"/BenchmarkFixture_proto=ok_size=64B_par=2-"+procs+".hgrm"); !strings.Contains(text, "Total count    =         2000") {
			t.Errorf("-cpu %s: not a percentile file of 2000 latencies:\n%s", procs, text)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTenThousandWorkersTakeLittleMemory measures a transport that needs no memory
// itself.
func TestTenThousandWorkersTakeLittleMemory(t *testing.T) {
	out, ok := runFixture(t, "-proto=nop", "-alone=true", "-par=10000", "-metrics=latency,kernel", "-test.benchtime=100000x")
	if !ok {
		t.Fatal(out)
	}
	peak := regexp.MustCompile(`\s(\d+) peak-rss-B`).FindStringSubmatch(out)
	if peak == nil {
		t.Skipf("this platform does not tell the peak of resident memory:\n%s", out)
	}
	if n, err := strconv.Atoi(peak[1]); err != nil || n > 60e6 {
		t.Errorf("the peak is %s B, want at most 60 MB", peak[1])
	}
}

func TestSuiteOutputParses(t *testing.T) {
	for _, server := range []string{"inproc", "child"} {
		out, ok := runFixture(t, "-server="+server, "-test.count=2", "-test.benchtime=10000x")
		if !ok {
			t.Fatal(out)
		}
		s := results.Check(t, server, strings.NewReader(out))
		if len(s.Cells) != 2 || len(s.Configs) != 1 {
			t.Errorf("server=%s: %d cells in %d configurations, want 2 in 1:\n%s", server, len(s.Cells), len(s.Configs), out)
		}
		for _, unit := range []string{"sec/op", "p50-sec", "p99-sec", "p999-sec", "mean-sec", "ops/s", "B/op", "allocs/op"} {
			if !s.Units[unit] {
				t.Errorf("server=%s: no %s in:\n%s", server, unit, out)
			}
		}
	}
}
