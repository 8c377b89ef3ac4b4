package docs

import (
	"fmt"
	"strings"
	"testing"
)

// maxHalfWidth is the half-width of an interval from which the comparison is unclear, and
// minRatio is the ratio below which a transport counts as slower than the plain library.
const (
	maxHalfWidth = 0.03
	minRatio     = 0.97
)

// TestOverheadTable compares the first table of docs/overhead.md with testdata/overhead.txt.
func TestOverheadTable(t *testing.T) {
	generated(t, "docs/overhead.md", sixColumns, "testdata/overhead.txt", overheadRows(t))
}

// overheadRows returns a row for each protocol and cell, in the order of columns. Of
// several results of one cell, the last counts.
func overheadRows(t *testing.T) string {
	t.Helper()
	results := readResults(t, "overhead.txt")
	var b strings.Builder
	for _, proto := range columns {
		for _, size := range []string{"64B", "64KiB"} {
			for _, par := range []string{"1", "50", "500"} {
				all := results[fmt.Sprintf("a=%s/b=plain/size=%s/par=%s", proto, size, par)]
				if all == nil {
					t.Fatalf("testdata/overhead.txt has no %s at %s and %s workers", proto, size, par)
				}
				r := all[len(all)-1]
				fmt.Fprintf(&b, "| %s | %s × %s | %s | %s | %s | %s |\n", proto, size, par, ratio(r, "ops"), ratio(r, "p50"), ratio(r, "cpu"), verdict(r))
			}
		}
	}
	return b.String()
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
