package docs

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// columns are the protocols of the README's table, by their names in results.
var columns = []string{"tcp", "rest", "grpc", "zmq", "gorpc"}

// rows are the rows of the README's table: medians of testdata/baseline.txt.
var rows = []struct {
	label, cell, unit string
	format            func(float64) string
}{
	{"1 worker, 64B: p50", "size=64B/par=1", "p50-sec", duration},
	{"1 worker, 64KiB: p50", "size=64KiB/par=1", "p50-sec", duration},
	{"500 workers, 64B: echoes a second", "size=64B/par=500", "ops/s", thousands},
	{"500 workers, 64B: p99", "size=64B/par=500", "p99-sec", duration},
	{"500 workers, 64KiB: echoes a second", "size=64KiB/par=500", "ops/s", thousands},
	{"1 worker, 64B: CPU time for each echo, both ends", "size=64B/par=1", "cpu-sec/op", duration},
	{"1 worker, 64B: allocations for each echo, both ends", "size=64B/par=1", "allocs/op", func(v float64) string { return fmt.Sprint(v) }},
}

// sixColumns is the line below the heading of a table of six columns.
const sixColumns = "|---|---|---|---|---|---|\n"

// TestREADMETable compares the README's table with testdata/baseline.txt.
func TestREADMETable(t *testing.T) {
	generated(t, "README.md", sixColumns, "testdata/baseline.txt", resultRows(t))
}

// resultRows returns the rows of the README's table.
func resultRows(t *testing.T) string {
	t.Helper()
	samples := readResults(t, "baseline.txt")
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s |", row.label)
		for _, proto := range columns {
			cell := "proto=" + proto + "/" + row.cell
			var values []float64
			for _, sample := range samples[cell] {
				values = append(values, sample[row.unit])
			}
			if len(values) == 0 {
				t.Fatalf("testdata/baseline.txt has no %s", cell)
			}
			fmt.Fprintf(&b, " %s |", row.format(median(values)))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// readResults returns the samples of each benchmark of a file in testdata, by the name
// without that of the function and without GOMAXPROCS.
func readResults(t *testing.T, name string) map[string][]map[string]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	samples := map[string][]map[string]float64{}
	for r := benchfmt.NewReader(f, name); r.Scan(); {
		result, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		_, cell, _ := strings.Cut(string(result.Name.Full()), "/")
		cell = cell[:strings.LastIndex(cell, "-")]
		values := map[string]float64{}
		for _, v := range result.Values {
			values[v.Unit] = v.Value
		}
		samples[cell] = append(samples[cell], values)
	}
	return samples
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// duration formats seconds with two digits, or as a whole number if it is 100 or more.
func duration(seconds float64) string {
	if seconds >= 1e-3 {
		return digits(seconds*1e3) + " ms"
	}
	return digits(seconds*1e6) + " µs"
}

func thousands(v float64) string { return digits(v/1e3) + "k" }

func digits(v float64) string {
	if v >= 10 {
		return fmt.Sprint(math.Round(v))
	}
	return fmt.Sprintf("%.2g", v)
}
