package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// maxHalfWidth is the half-width of an interval from which the comparison is unclear, and
// minRatio is the ratio below which a transport counts as slower than the plain library.
const (
	maxHalfWidth = 0.03
	minRatio     = 0.97
)

// TestOverheadTable compares the first table of docs/overhead.md with testdata/overhead.txt.
func TestOverheadTable(t *testing.T) {
	const separator = "|---|---|---|---|---|---|\n"
	old := read(t, "docs/overhead.md")
	before, table, found := strings.Cut(old, separator)
	_, after, ends := strings.Cut(table, "\n\n")
	if !found || !ends {
		t.Fatal("docs/overhead.md has no table of six columns with a blank line after it")
	}
	text := before + separator + overheadRows(t) + "\n" + after
	if text == old {
		return
	}
	if !*update {
		t.Fatal("the table of docs/overhead.md is not what testdata/overhead.txt says: run go test ./internal/test/docs -update")
	}
	if err := os.WriteFile(filepath.Join("..", "..", "..", "docs", "overhead.md"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// overheadRows returns a row for each protocol and cell, in the order of columns. Of
// several results of one cell, the last counts.
func overheadRows(t *testing.T) string {
	t.Helper()
	results := readDuels(t)
	var b strings.Builder
	for _, proto := range columns {
		for _, size := range []string{"64B", "64KiB"} {
			for _, par := range []string{"1", "50", "500"} {
				r := results[fmt.Sprintf("a=%s/b=plain/size=%s/par=%s", proto, size, par)]
				if r == nil {
					t.Fatalf("testdata/overhead.txt has no %s at %s and %s workers", proto, size, par)
				}
				fmt.Fprintf(&b, "| %s | %s × %s | %s | %s | %s | %s |\n", proto, size, par, ratio(r, "ops"), ratio(r, "p50"), ratio(r, "cpu"), verdict(r))
			}
		}
	}
	return b.String()
}

// readDuels returns the results of testdata/overhead.txt by the names of the duels.
func readDuels(t *testing.T) map[string]map[string]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "testdata", "overhead.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	results := map[string]map[string]float64{}
	for r := benchfmt.NewReader(f, "overhead.txt"); r.Scan(); {
		result, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		_, name, _ := strings.Cut(string(result.Name.Full()), "/")
		values := map[string]float64{}
		for _, v := range result.Values {
			values[v.Unit] = v.Value
		}
		results[name[:strings.LastIndex(name, "-")]] = values // without GOMAXPROCS
	}
	return results
}

// ratio formats a ratio of A to B with its interval.
func ratio(r map[string]float64, unit string) string {
	return fmt.Sprintf("%.2f [%.2f, %.2f]", r[unit+"-ratio"], r[unit+"-ratio-low"], r[unit+"-ratio-high"])
}

// verdict says what the interval of the echoes a second shows.
func verdict(r map[string]float64) string {
	low, high := r["ops-ratio-low"], r["ops-ratio-high"]
	switch {
	case low > minRatio:
		return "no slower"
	case high < minRatio:
		return "slower"
	case (high-low)/2 > maxHalfWidth:
		return "unclear"
	}
	return fmt.Sprintf("up to %.0f%% slower", 100*(1-low))
}
