package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/internal/measure/latency"
)

// TestTenNumbersOfBenchstat: ten medians that the plots' tooltips show are those that
// benchstat prints of the same file, with their intervals.
func TestTenNumbersOfBenchstat(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "tool", "benchstat", "-format", "csv", "-filter", ".unit:(ops/s OR p99-sec)", "-col", "/proto", "-row", "/size@num /par@num", "testdata/baseline.txt")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	html := string(write(t, filepath.Join("..", "testdata", "baseline.txt")))
	tips := regexp.MustCompile(`<title>(\w+), (\w+), (\d+) workers?: ([\d.]+)([nµmkMG]?)s? \[`).FindAllStringSubmatch(html, -1)
	found := 0
	for n := 0; n < len(tips) && found < 40; n += 7 {
		tip := tips[n]
		value, err := strconv.ParseFloat(tip[4], 64)
		if err != nil {
			t.Fatal(err)
		}
		value *= map[string]float64{"n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9}[tip[5]]
		if !benchstatHas(string(out), tip[1], tip[2], tip[3], value) {
			t.Errorf("benchstat does not have %s", tip[0])
		}
		found++
	}
	if found < 10 {
		t.Errorf("only %d of %d tooltips were compared", found, len(tips))
	}
}

// benchstatHas reports whether benchstat's CSV has the value, as far as its four digits say,
// for the transport, size and number of workers.
func benchstatHas(text, proto, size, par string, value float64) bool {
	column := -1
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		for n, field := range fields {
			if field == proto {
				column = n
			}
		}
		if column > 0 && len(fields) > column && fields[0] == size+" "+par {
			got, err := strconv.ParseFloat(fields[column], 64)
			if err == nil && math.Abs(got/value-1) < 6e-4 {
				return true
			}
		}
	}
	return false
}

// TestCurvesAreThoseOfTheFiles: the curve of all samples has the values of the .hgrm file,
// and the curve of a sample those of its histogram.
func TestCurvesAreThoseOfTheFiles(t *testing.T) {
	f, err := cells.ReadFile("testdata/child.txt")
	if err != nil {
		t.Fatal(err)
	}
	histograms, err := readHistograms("testdata/child", f)
	if err != nil || len(histograms) != 12 {
		t.Fatalf("%d histograms, %v", len(histograms), err)
	}
	table, err := csv.NewReader(strings.NewReader(tableOf(t, string(write(t, "testdata/child.txt")), "percentiles"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, par := range []string{"1", "50"} {
		text, err := os.ReadFile("testdata/child/BenchmarkEcho_proto=tcp_size=64B_par=" + par + ".hgrm")
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := readPercentiles(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range table[1:] {
			if row[0] != "tcp" || row[1] != "64B" || row[2] != par {
				continue
			}
			p, _ := strconv.ParseFloat(row[4], 64)
			got, _ := strconv.ParseFloat(row[6], 64)
			for _, q := range want {
				if math.Abs(100*q.p-p) < 1e-4 {
					compared++
					if math.Abs(got-q.value) > 1e-9 {
						t.Errorf("%s workers: %v%% of all samples is %v, want %v as in the .hgrm file", par, p, got, q.value)
					}
				}
			}
		}
	}
	if compared < 50 {
		t.Errorf("only %d percentiles were compared", compared)
	}
}

// TestJoinedHistograms: one file with the histograms of all cells gives the same plots as
// a file for each cell.
func TestJoinedHistograms(t *testing.T) {
	name := largeRun(t)
	want := tableOf(t, string(write(t, name)), "percentiles")
	base := strings.TrimSuffix(name, ".txt")
	files, err := filepath.Glob(base + "/*.hlog")
	if err != nil || len(files) != 125 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var joined []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		joined = append(joined, text...)
	}
	if err := errors.Join(os.RemoveAll(base), os.WriteFile(base+".hlog", joined, 0o666)); err != nil {
		t.Fatal(err)
	}
	if got := tableOf(t, string(write(t, name)), "percentiles"); got != want {
		t.Errorf("the table of percentiles differs: %d bytes, want %d", len(got), len(want))
	}
}

// TestPercentilesOfLines: the median of the samples at 99% is the p99 of the result lines.
func TestPercentilesOfLines(t *testing.T) {
	f, err := cells.ReadFile("testdata/child.txt")
	if err != nil {
		t.Fatal(err)
	}
	histograms, err := readHistograms("testdata/child", f)
	if err != nil {
		t.Fatal(err)
	}
	for c, h := range histograms {
		want := c.Samples("p50-sec")
		if len(h.samples) != len(want) {
			t.Errorf("%s: %d histograms, %d samples", c.Name, len(h.samples), len(want))
			continue
		}
		for n, sample := range h.samples {
			if got := curve(sample, []float64{0.5})[0].value; math.Abs(got/want[n]-1) > 1e-9 {
				t.Errorf("%s, sample %d: the median is %v, want %v", c.Name, n, got, want[n])
			}
		}
	}
}

// TestBrokenHistograms: a file that is not a histogram is an error with its name.
func TestBrokenHistograms(t *testing.T) {
	for ending, text := range map[string]string{".hlog": "1,1,5.0,HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AsAA/awKU\n", ".hgrm": "Value Percentile\n"} {
		name := file(t, "x.txt", lines("Echo/proto=tcp/size=64B/par=1-2", 6, threeUnits, 1000))
		folder := strings.TrimSuffix(name, ".txt")
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		base := latency.FileName("BenchmarkEcho/proto=tcp/size=64B/par=1") + ending
		if err := os.WriteFile(filepath.Join(folder, base), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := Write(&strings.Builder{}, name); err == nil || !strings.Contains(err.Error(), base) {
			t.Errorf("%s: %v, want an error with its name", base, err)
		}
	}
}

// largeRun writes results of 125 cells with 10 samples of all metrics, with histograms.
func largeRun(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "large.txt")
	folder := strings.TrimSuffix(name, ".txt")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	line := "%d ns/op 4.09 MB/s 15622.5 cpu-ns/op 15642 mean-ns %d ops/s %d p50-ns 19711 p95-ns %d p99-ns 72191 p999-ns 1234 user-ns/op 5678 sys-ns/op 1.91 cores 0.95 busy 3.21 vcsw/op 0.12 icsw/op 0.01 minflt/op 0 majflt/op 10485760 peak-rss-B 0.031 gc-share 0.0001 gc-cycles/op 9000 sched-p99-ns 77 mutex-wait-ns/op 4194304 heap-B 512 goroutines 1111 req-p50-ns 2222 req-p99-ns 3333 resp-p50-ns 4444 resp-p99-ns 15000 srv-cpu-ns/op 1234 srv-user-ns/op 5678 srv-sys-ns/op 0 B/op 0 allocs/op"
	var text strings.Builder
	for proto := range 5 {
		for _, size := range []string{"64B", "256B", "1KiB", "4KiB", "64KiB"} {
			for _, par := range []int{1, 10, 50, 100, 500} {
				cell := fmt.Sprintf("Echo/proto=p%d/size=%s/par=%d", proto, size, par)
				writeCell(t, &text, folder, cell, line, 1000*par*(proto+1))
			}
		}
	}
	if err := os.WriteFile(name, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// writeCell writes ten samples of a cell, with latencies that spread around a typical one.
func writeCell(t *testing.T, text *strings.Builder, folder, cell, line string, typical int) {
	t.Helper()
	all := latency.NewRecorder()
	var samples [][]byte
	for n := range 10 {
		r := latency.NewRecorder()
		for i := range 20000 {
			r.Record(int64(float64(typical) * (1 + 0.01*float64(n)) * (1 + 5/float64(i+1)) * (1 + float64(i%97)/50)))
		}
		encoded, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, encoded)
		all.Merge(r)
		fmt.Fprintf(text, "Benchmark%s-2 20000 "+line+"\n", cell, typical+n, 1e9/(typical+n), r.Percentile(50), r.Percentile(99))
	}
	if err := all.WriteFiles(folder, "Benchmark"+cell, samples); err != nil {
		t.Fatal(err)
	}
}
