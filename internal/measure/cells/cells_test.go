package cells

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func mustRead(t *testing.T, text string) *File {
	t.Helper()
	f, err := Read("x.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const small = `Unit p50-ns better=lower
server: inproc
# go1.26 linux/amd64
BenchmarkEcho/proto=tcp/size=64B/par=1-2  100  10 ns/op  1000 p50-ns
BenchmarkEcho/proto=tcp/size=64B/par=1-2  100  20 ns/op  3000 p50-ns
# cell 1 of 2 done, 1s elapsed, at most about 2s left; both ends together kept 50% of GOMAXPROCS busy
# other processes used 5% of the machine's processors during this cell
BenchmarkEcho/proto=rest/size=64B/par=1/rate=50%-2  100  30 ns/op
# cell 2 of 2 done, 1s elapsed, at most about 0s left
BenchmarkEcho/proto=zmq/size=64B/par=1-2  \t--- FAIL: BenchmarkEcho/proto=zmq/size=64B/par=1-2
    suite.go:1: echobench: a message
BenchmarkEcho/proto=zmq/size=64B/par=1-2  \t--- FAIL: BenchmarkEcho/proto=zmq/size=64B/par=1-2
    suite.go:1: echobench: another message
--- FAIL: BenchmarkEcho
FAIL
`

func TestRead(t *testing.T) {
	f := mustRead(t, small)
	if len(f.Cells) != 2 || len(f.Problems) != 0 || f.Better["p50-sec"] != "lower" {
		t.Fatalf("%d cells, problems %q, better %v", len(f.Cells), f.Problems, f.Better)
	}
	c := f.Cells[0]
	if c.Axis("proto") != "tcp" || c.Axis(Procs) != "2" || c.Base() != "Echo" || c.Config != "" {
		t.Errorf("axes %v, base %q, config %q", c.Axes, c.Base(), c.Config)
	}
	if e, ok := c.Estimate("p50-sec"); !ok || math.Abs(e.Median-2e-6) > 1e-12 || e.Samples != 2 || e.Known() {
		t.Errorf("estimate %v, %v", e, ok)
	}
	if want := []string{"both ends together kept 50% of GOMAXPROCS busy", "other processes used 5% of the machine's processors during this cell"}; !slices.Equal(c.Remarks, want) {
		t.Errorf("remarks %q, want %q", c.Remarks, want)
	}
	if got := f.Cells[1].Without("proto", "size", "par", Procs); got != "rate=50%" {
		t.Errorf("further axes %q", got)
	}
	if len(f.Failures) != 2 || f.Failures[0] != (Failure{"Echo/proto=zmq/size=64B/par=1-2", "suite.go:1: echobench: a message", 2}) {
		t.Errorf("failures %q", f.Failures)
	}
	if want := []string{"go1.26 linux/amd64"}; !slices.Equal(f.Comments, want) {
		t.Errorf("comments %q, want %q", f.Comments, want)
	}
}

func TestConfigurationsAreKeptApart(t *testing.T) {
	f := mustRead(t, "server: inproc\nBenchmarkA 1 1 ns/op\nserver: child\nBenchmarkA 1 2 ns/op\n")
	if len(f.Cells) != 2 || f.Cells[0].Config != "server: inproc" || f.Cells[1].Config != "server: child" {
		t.Errorf("cells %v", f.Cells)
	}
	if got := f.Config("server"); !slices.Equal(got, []string{"inproc", "child"}) {
		t.Errorf("server: %q", got)
	}
}

func TestBadLinesAreProblems(t *testing.T) {
	f := mustRead(t, "BenchmarkA 1 1 ns/op\nBenchmarkB 1 NaN ns/op\nBenchmarkC 12")
	if len(f.Problems) != 2 || !strings.Contains(f.Problems[0], "NaN") || !strings.Contains(f.Problems[1], "missing measurements") {
		t.Errorf("problems %q", f.Problems)
	}
	long := "BenchmarkA 1 1 ns/op\n" + strings.Repeat("x", 1<<20) + "\nBenchmarkB 1 1 ns/op\n"
	if f := mustRead(t, long); len(f.Problems) != 1 || len(f.Cells) != 1 {
		t.Errorf("%d cells, problems %q", len(f.Cells), f.Problems)
	}
	if f, err := Read("x.txt", strings.NewReader("BenchmarkA \t--- FAIL: BenchmarkA-2\n    x.go:1: cause\n")); !errors.Is(err, ErrNoResults) || !strings.Contains(err.Error(), "A-2 failed: x.go:1: cause") {
		t.Errorf("a failure alone: %v, %v", f, err)
	}
	for _, text := range []string{"", "hello\n", "\x00\x01\xff", "PASS\nok\n", "BenchmarkA\n"} {
		if _, err := Read("x.txt", strings.NewReader(text)); !errors.Is(err, ErrNoResults) {
			t.Errorf("%q: %v, want ErrNoResults", text, err)
		}
	}
}

func TestEstimate(t *testing.T) {
	e, _ := estimate([]float64{1, 2, 3, 4, 5, 6})
	if e.Median != 3.5 || e.Low != 1 || e.High != 6 || math.Abs(e.Spread()-2.5/3.5) > 1e-9 {
		t.Errorf("estimate %+v, spread %v", e, e.Spread())
	}
	higher, _ := estimate([]float64{7, 7, 7, 7, 7, 7})
	few, _ := estimate([]float64{100})
	if e.Level(higher) || !e.Level(e) || !e.Level(few) {
		t.Error("Level is wrong")
	}
	if zero, _ := estimate(make([]float64, 6)); zero.Spread() != 0 {
		t.Errorf("spread of zeros: %v", zero.Spread())
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		value float64
		unit  string
		want  string
	}{
		{14335e-9, "p50-sec", "14 µs"}, {8.06e-3, "p99-sec", "8.1 ms"}, {164023, "ops/s", "164k"}, {5100, "ops/s", "5.1k"},
		{16622, "conn-B", "17 kB"}, {0, "allocs/op", "0"}, {74, "allocs/op", "74"}, {9.98e-10, "sec/op", "1 ns"}, {0.05, "busy", "0.05"},
		{-0.002, "x-sec", "-2 ms"}, {1.5, "sec/op", "1.5 s"}, {3.3e6, "B/s", "3.3 MB"}, {999900, "ops/s", "1M"},
	} {
		if got := Format(c.value, c.unit); got != c.want {
			t.Errorf("Format(%v, %q) = %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(small)
	f.Add("BenchmarkA-2 1 NaN ns/op 1e400 B/op\n--- FAIL: BenchmarkX\n\n\t")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read("x.txt", strings.NewReader(text))
		if err != nil {
			return
		}
		for _, c := range file.Cells {
			for _, unit := range c.Units {
				if e, ok := c.Estimate(unit); !ok || math.IsNaN(e.Median) {
					t.Errorf("%s %s: %v, %v", c.Name, unit, e, ok)
				}
			}
		}
	})
}
