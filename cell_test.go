package echobench

import (
	"slices"
	"testing"

	"github.com/echobench/echobench/internal/stats/steady"
)

// reportOf returns the report of 4,000 response times.
func reportOf(ns func(i int) int64) steady.Report {
	t := steady.NewTrace()
	t.Begin(4000)
	for i := range 4000 {
		t.Record(uint64(i), ns(i))
	}
	return t.Analyse()
}

func TestSteadiness(t *testing.T) {
	even := reportOf(func(i int) int64 { return 1000 + int64(i*7919%1000) })
	ramp := reportOf(func(i int) int64 { return 1000 + int64(i) })
	var s steadiness
	s.add(even)
	s.add(even)
	if got := s.remarks(); got != nil {
		t.Errorf("remarks on steady samples: %q", got)
	}
	s.add(ramp)
	want := []string{
		"1 of 3 samples drift, so they are not in a steady state: the last half of the response times is 2.87 times the first fifth",
		"p99-ns of 1 of 3 samples is uncertain: as few as 99 response times are independent, and its interval needs 720 (-benchtime)",
	}
	if got := s.remarks(); !slices.Equal(got, want) {
		t.Errorf("remarks %q, want %q", got, want)
	}
}
