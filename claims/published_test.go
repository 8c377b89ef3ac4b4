package claims

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPublished: the studies' tables are in benchmark format, every one says where it comes
// from, and claims agree with them.
func TestPublished(t *testing.T) {
	names, err := filepath.Glob("../testdata/published/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no tables (error %v)", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "# The ") {
			t.Errorf("%s does not begin with its source", name)
		}
		lines := 0
		for _, err := range rows(strings.NewReader(string(text)), name) {
			if err != nil {
				t.Error(err)
			}
			lines++
		}
		if want := strings.Count(string(text), "\nBenchmark"); lines != want {
			t.Errorf("%s: %d of %d lines are results", name, lines, want)
		}
	}
}

// TestPublishedRatios: the figures of some claims can be computed from the published tables.
func TestPublishedRatios(t *testing.T) {
	f, err := os.Open("../testdata/published/kernel-study.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	published := make(map[point]float64)
	for row, err := range rows(f, f.Name()) {
		if err != nil {
			t.Fatal(err)
		}
		for unit, value := range row.values {
			if p := (point{row.name, unit}); published[p] == 0 {
				published[p] = value
			}
		}
	}
	checked := 0
	for _, c := range kernel() {
		if c.Relation == nil {
			continue
		}
		value := c.Relation.Value(func(f Figure) float64 { return published[point{f.Row, f.Unit}] })
		if !finite(value) {
			continue // the study prints no such figures
		}
		checked++
		if !c.direction().contains(value, value) && c.Note == "" {
			t.Errorf("%s: the study's own tables give %v, which is not in the direction %v", c.Name(), value, c.direction())
		}
	}
	if checked < 20 {
		t.Errorf("%d claims can be computed from the published tables, want at least 20", checked)
	}
}
