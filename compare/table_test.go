package compare

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// example has a row of each verdict.
func example() *Result {
	inf := math.Inf(1)
	return &Result{Rounds: 23, Elapsed: 760 * time.Second, Rows: []Row{
		{"BenchmarkEcho/proto=tcp/size=64B/par=1-2", "allocs/op", 0, 2, Interval{inf, inf, inf}, Interval{1, 1, 1}, 23, Slower, "", 0},
		{"BenchmarkEcho/proto=tcp/size=64B/par=1-2", "ns/op", 17500, 26550, Interval{1.517, 1.401, 1.602}, Interval{0.996, 0.979, 1.013}, 23, Slower, "", 0},
		{"BenchmarkEcho/proto=gorpc/size=64KiB/par=500-2", "p99-ns", 61e6, 93e6, Interval{1.08, 0.7, 1.5}, Interval{1.2, 0.8, 1.7}, 20, Unmeasurable, "", 0},
		{"BenchmarkEcho/proto=rest/size=64B/par=50-2", "ops/s", 41234, 40998, Interval{0.99, 0.93, 1.06}, Interval{1.03, 1.01, 1.05}, 23, Unclear, "", 0},
		{"BenchmarkEcho/proto=rest/size=64B/par=1-2", "B/op", 64, 64, Interval{1, 1, 1}, Interval{1, 1, 1}, 23, Same, "", 0},
		{"BenchmarkEcho/proto=grpc/size=64B/par=1-2", "majflt/op", 0.0001, 0, Interval{0, 0, 0}, Interval{1, 0.9, 1.1}, 5, Faster, "", 0},
	}}
}

func TestWriteTable(t *testing.T) {
	const want = `
verdict      ratio [95% interval] placebo    old    new unit      benchmark (Echo/...)
slower       from 0                 exact      0      2 allocs/op proto=tcp/size=64B/par=1-2
slower       1.517 [1.401, 1.602]   ±2.1%  17.5k  26.6k ns/op     proto=tcp/size=64B/par=1-2
unmeasurable 1.080 [0.700, 1.500]  ±70.0%  61.0M  93.0M p99-ns    proto=gorpc/size=64KiB/par=500-2
unclear      0.990 [0.930, 1.060]   ±5.0%  41.2k  41.0k ops/s     proto=rest/size=64B/par=50-2
same         1.000 [1.000, 1.000]   exact     64     64 B/op      proto=rest/size=64B/par=1-2
faster       to 0                  ±10.0%  1e-04      0 majflt/op proto=grpc/size=64B/par=1-2

6 rows, 23 rounds in 12m40s: 2 slower, 1 unmeasurable, 1 unclear, 1 same, 1 faster
ns/op: 1 of 1 intervals exclude 1 (100.0%), 0 of the placebo; median ±10.1%
p99-ns: 0 of 1 intervals exclude 1 (0.0%), 0 of the placebo; median ±40.0%
ops/s: 0 of 1 intervals exclude 1 (0.0%), 1 of the placebo; median ±6.5%
majflt/op: 1 of 1 intervals exclude 1 (100.0%), 0 of the placebo; median ±0.0%
`
	var out strings.Builder
	if err := example().WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	if got := "\n" + out.String(); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}

func TestWriteTableEmpty(t *testing.T) {
	var out strings.Builder
	if err := new(Result).WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	const want = "0 rows, 0 rounds: 0 slower, 0 unmeasurable, 0 unclear, 0 same, 0 faster\n" +
		"nothing was compared\n"
	if out.String() != want {
		t.Errorf("the table is %q, want %q", out.String(), want)
	}
}

// TestTableFits writes rows with everything as long as it may be.
func TestTableFits(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	long := strings.Repeat("é", 90)
	values := []float64{0, 1e-300, 1e-9, 0.0004999, 0.01234, 0.99949, 0.9996, 9.9949, 9.996, 99.94, 99.96, 999.4, 999.6, 999999, 1234567, 1e14, 9.996e14, 1e300, inf, nan, -12345}
	r := &Result{Rounds: 1e6, Elapsed: 100 * time.Hour}
	for _, a := range values {
		for _, b := range values {
			r.Rows = append(r.Rows, Row{long + "/" + long, strings.Repeat("long-", 9) + "ns/op", a, b, Interval{a, b, b}, Interval{b, a, a}, 1e6, Unmeasurable, "", 0})
		}
	}
	var out strings.Builder
	if err := r.WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("a line has %d columns, want 100 at most: %s", n, line)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		room         int
		names, want  []string
		wantedShared string
	}{
		{9, []string{"A/size=1", "A/size=22"}, []string{"A/size=1", "A/size=22"}, ""},
		{8, []string{"A/size=1", "A/size=22"}, []string{"size=1", "size=22"}, " (A/...)"},
		{6, []string{"A/size=1", "A/size=22"}, []string{"size=1", "si…=22"}, " (A/...)"},
		{6, []string{"Append", "Compare", "App"}, []string{"Append", "Co…are", "App"}, ""},
		{6, []string{"A/size=1"}, []string{"A/…e=1"}, ""},
		{6, []string{"A/size=1", "A/size=1"}, []string{"size=1", "size=1"}, " (A/...)"},
	} {
		got := append([]string{}, c.names...)
		shared := shorten(got, c.room)
		if strings.Join(got, " ") != strings.Join(c.want, " ") || shared != c.wantedShared {
			t.Errorf("%q in %d columns become %q and %q, want %q and %q", c.names, c.room, got, shared, c.want, c.wantedShared)
		}
	}
}

// A broken is a writer that fails.
type broken struct{}

var errBroken = errors.New("broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrors(t *testing.T) {
	for name, write := range map[string]error{"WriteTable": example().WriteTable(broken{}), "WriteCSV": example().WriteCSV(broken{})} {
		if !errors.Is(write, errBroken) {
			t.Errorf("%s returns %v, want the error of the writer", name, write)
		}
	}
}

func TestWriteCSV(t *testing.T) {
	const want = `benchmark,unit,old,new,ratio,low,high,placebo_ratio,placebo_low,placebo_high,rounds,verdict
BenchmarkEcho/proto=tcp/size=64B/par=1-2,allocs/op,0,2,+Inf,+Inf,+Inf,1,1,1,23,slower
BenchmarkEcho/proto=tcp/size=64B/par=1-2,ns/op,17500,26550,1.517,1.401,1.602,0.996,0.979,1.013,23,slower
BenchmarkEcho/proto=gorpc/size=64KiB/par=500-2,p99-ns,61000000,93000000,1.08,0.7,1.5,1.2,0.8,1.7,20,unmeasurable
`
	r := example()
	r.Rows = r.Rows[:3]
	var out bytes.Buffer
	if err := r.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("the file is\n%s\nwant\n%s", out.String(), want)
	}
}
