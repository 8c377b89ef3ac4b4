package usage

import (
	"runtime"
	"testing"
	"time"
)

func TestOthers(t *testing.T) {
	start := time.Now()
	at := func(elapsed, busy, own time.Duration) Machine {
		return Machine{at: start.Add(elapsed), busy: busy, own: own, tick: 10 * time.Millisecond}
	}
	capacity := 10 * time.Second * time.Duration(runtime.NumCPU())
	for _, c := range []struct {
		name  string
		after Machine
		share float64
		ok    bool
	}{
		{"half the machine", at(10*time.Second, capacity, capacity/2), 0.5, true},
		{"nothing", at(10*time.Second, capacity/2, capacity/2), 0, false},
		{"within the error of the samples", at(10*time.Second, capacity/2, capacity/2-20*time.Millisecond), 0.02 / capacity.Seconds(), false},
		{"unknown", Machine{}, 0, false},
	} {
		share, ok := c.after.Others(at(0, 0, 0))
		if ok != c.ok || share < 0.999*c.share || share > 1.001*c.share {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, share, ok, c.share, c.ok)
		}
	}
}

// This process's own work must not count as the work of others.
func TestReadMachine(t *testing.T) {
	before := ReadMachine()
	if before.tick == 0 || before.busy == 0 {
		t.Fatal("/proc/stat was not read")
	}
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
	}
	after := ReadMachine()
	if own := after.own - before.own; own < 100*time.Millisecond {
		t.Skipf("the machine is too busy: this process got %v of 300ms", own)
	}
	if after.busy == before.busy {
		t.Error("the machine was busy for 300ms, but /proc/stat did not change")
	}
}
