package usage

import (
	"math"
	"testing"
)

func TestSchedP99(t *testing.T) {
	before := Read()
	if _, ok := before.SchedP99(before); ok {
		t.Error("a percentile although nothing was scheduled")
	}
	for range 5000 {
		done := make(chan bool)
		go close(done)
		<-done
	}
	ns, ok := Read().SchedP99(before)
	if !ok || ns <= 0 || ns > 60e9 || math.IsInf(ns, 0) {
		t.Errorf("SchedP99 = %v, %v after 5000 goroutines, want a finite number above 0", ns, ok)
	}
}
