package summary

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/echobench/echobench/internal/measure/cells"
)

var (
	update     = flag.Bool("update", false, "write the golden files again")
	resultFile = flag.String("results", "", "the results file to summarize")
	reportFile = flag.String("report", "", "the page that the summary names as its report")
)

// TestMain is make summary, if -results names a file. It then writes the summary to
// standard output and runs no tests.
func TestMain(m *testing.M) {
	flag.Parse()
	if *resultFile == "" {
		os.Exit(m.Run())
	}
	f, err := cells.ReadFile(*resultFile)
	if err == nil {
		err = Write(os.Stdout, f, Source{*resultFile, *reportFile})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func summaryOf(t *testing.T, text string) string {
	t.Helper()
	f, err := cells.Read("x.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Write(&out, f, Source{"x.txt", ""}); err != nil {
		t.Fatal(err)
	}
	checkText(t, out.String())
	return out.String()
}

// checkText checks what is true of every summary.
func checkText(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
			t.Errorf("a line has %d columns, want %d at most: %s", n, width, line)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		if strings.Contains(text, bad) {
			t.Errorf("the summary has %s:\n%s", bad, text)
		}
	}
}

// TestBaseline compares the summary of the committed baseline with a golden file.
func TestBaseline(t *testing.T) {
	f, err := cells.ReadFile(filepath.Join("..", "..", "..", "testdata", "baseline.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Write(&out, f, Source{"testdata/baseline.txt", "docs/report.html"}); err != nil {
		t.Fatal(err)
	}
	checkText(t, out.String())
	golden := filepath.Join("testdata", "baseline.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("got\n%s\nwant (-update writes it again)\n%s", &out, want)
	}
}

func cell(name string, samples int, values string) string {
	return strings.Repeat("Benchmark"+name+" 100 "+values+"\n", samples)
}

func TestNotes(t *testing.T) {
	text := summaryOf(t, "server: child\n# zmq: skipped: no libzmq\n"+
		cell("Echo/proto=tcp/size=64B/par=1-2", 6, "1000 ns/op 900 p50-ns")+
		"# cell 1 of 2 done, 1s elapsed, at most about 0s left; client 10% busy, server 95% busy: the server is saturated\n"+
		"# other processes used 12% of the machine's processors during this cell\n"+
		"BenchmarkEcho/proto=rest/size=64B/par=1-2 \t--- FAIL: BenchmarkEcho/proto=rest/size=64B/par=1-2\n    suite.go:1: echobench: proto=rest/size=64B/par=1: it broke\n--- FAIL: BenchmarkEcho\nBenchmarkX 1\n")
	for _, want := range []string{
		"1 worker, 64B: p50                   900 ns ±0%",
		"disturbed: other processes used up to 12% of the machine in 1 of 1 cells",
		"saturated: the server in 1 of 1 cells",
		"failed:    1 benchmarks, the first: proto=rest/size=64B/par=1-2: it broke",
		"skipped:   zmq: no libzmq",
		"not read:  1 lines, the first: x.txt:14: missing measurements",
		"medians of 6 samples, server: child",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestManyTransports(t *testing.T) {
	var b strings.Builder
	for i := range 23 {
		b.WriteString(cell(fmt.Sprintf("Echo/proto=aratherlongname%d/size=64B/par=1-2", i), 6, "100 ns/op 3 p50-ns"))
	}
	text := summaryOf(t, b.String())
	if !strings.Contains(text, "and 8 further transports: aratherlongname15") || strings.Count(text, ": p50") != 3 {
		t.Errorf("got\n%s", text)
	}
}

func TestOtherResults(t *testing.T) {
	text := summaryOf(t, cell("Decode/x-8", 1, "5 ns/op"))
	if !strings.Contains(text, "Decode/x-8") || !strings.Contains(text, "5 ns    ±∞ sec/op") {
		t.Errorf("another program's benchmarks: got\n%s", text)
	}
	text = summaryOf(t, "server: inproc\n"+cell("Echo/proto=tcp/size=64B/par=1", 6, "5 p50-ns")+"server: child\n"+cell("Echo/proto=tcp/size=64B/par=1", 6, "7 p50-ns"))
	if strings.Count(text, "1 worker, 64B: p50") != 2 || !strings.Contains(text, "server: child") {
		t.Errorf("two placements: got\n%s", text)
	}
	var b strings.Builder
	for i := range 5 {
		b.WriteString(cell(fmt.Sprintf("Echo/proto=tcp/size=64B/par=5/rate=%d00", i+1), 6, "9 ns/op 8 p50-ns"))
	}
	text = summaryOf(t, b.String())
	if !strings.Contains(text, "5 workers, 64B, rate=100: p50") || !strings.Contains(text, "5 workers, 64B, rate=500: p50") || strings.Contains(text, "rate=300") {
		t.Errorf("rates: got\n%s", text)
	}
}
