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

func TestStolen(t *testing.T) {
	at := func(total, stolen time.Duration) Machine {
		return Machine{total: total, stolen: stolen, tick: 10 * time.Millisecond}
	}
	for _, c := range []struct {
		name          string
		before, after Machine
		share         float64
		ok            bool
	}{
		{"between two readings", at(10*time.Second, time.Second), at(20*time.Second, 3*time.Second), 0.2, true},
		{"since boot", Machine{}, at(20*time.Second, 3*time.Second), 0.15, true},
		{"nothing", at(10*time.Second, time.Second), at(20*time.Second, time.Second), 0, true},
		{"no time", at(10*time.Second, 0), at(10*time.Second, 0), 0, false},
		{"unknown", Machine{}, Machine{}, 0, false},
	} {
		if share, ok := c.after.Stolen(c.before); ok != c.ok || share != c.share {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, share, ok, c.share, c.ok)
		}
	}
}

// This process's own work must not count as the work of others.
func TestReadMachine(t *testing.T) {
	before := ReadMachine()
	if before.tick == 0 || before.busy == 0 || before.total <= before.busy+before.stolen {
		t.Fatalf("/proc/stat was not read: %+v", before)
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
