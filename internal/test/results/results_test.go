package results_test

import (
	"errors"
	"os"
	"strconv"
	"testing"

	"github.com/echobench/echobench/internal/test/results"
)

// TestResultsFile checks the output of a run that CI made.
func TestResultsFile(t *testing.T) {
	name := os.Getenv("ECHOBENCH_RESULTS")
	if name == "" {
		t.Skip("ECHOBENCH_RESULTS names no file to check")
	}
	want, err := strconv.Atoi(os.Getenv("ECHOBENCH_CELLS"))
	if err != nil {
		t.Fatalf("ECHOBENCH_CELLS: %v", err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if s := results.Check(t, name, f); len(s.Cells) != want {
		t.Errorf("%s: %d cells, want %d", name, len(s.Cells), want)
	}
}

func TestBaselineIsComplete(t *testing.T) {
	f, err := os.Open("../../../testdata/baseline.txt")
	if errors.Is(err, os.ErrNotExist) {
		t.Fatal("no baseline: make bench RESULTS=testdata/baseline.txt writes one")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := results.Check(t, "baseline.txt", f)
	if len(s.Cells) != 125 || len(s.Configs) != 1 {
		t.Errorf("%d cells in %d configurations, want 125 in 1", len(s.Cells), len(s.Configs))
	}
	for cell, n := range s.Cells {
		if n < 6 {
			t.Errorf("%s: %d samples, want 6 or more for a confidence interval", cell, n)
		}
	}
}
