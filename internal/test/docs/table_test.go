package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/internal/measure/summary"
)

// columns are the protocols of the README's table, by their names in results.
var columns = []string{"tcp", "rest", "grpc", "zmq", "gorpc"}

// sixColumns is the line below the heading of a table of six columns.
const sixColumns = "|---|---|---|---|---|---|\n"

// TestREADMETable compares the README's table with testdata/baseline.txt.
func TestREADMETable(t *testing.T) {
	generated(t, "README.md", sixColumns, "testdata/baseline.txt", resultRows(t))
}

// resultRows returns the rows of the README's table: those of the summary that make bench
// prints, without the intervals.
func resultRows(t *testing.T) string {
	t.Helper()
	f, err := cells.ReadFile(filepath.Join("..", "..", "..", "testdata", "baseline.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range summary.NewTable(f, "").Rows {
		fmt.Fprintf(&b, "| %s", row.Label)
		if row.Unit == "cpu-sec/op" || row.Unit == "allocs/op" {
			b.WriteString(", both ends")
		}
		b.WriteString(" |")
		for _, proto := range columns {
			e, ok := row.Values[proto]
			if !ok {
				t.Fatalf("testdata/baseline.txt has no %s of %s", row.Label, proto)
			}
			fmt.Fprintf(&b, " %s |", cells.Format(e.Median, row.Unit))
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
