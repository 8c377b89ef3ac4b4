package fault

import (
	"slices"
	"testing"
)

// faults returns the first n faults of a direction of a connection.
func faults(seed uint64, conn int, d Direction, n int) []Fault {
	sequence := Random(seed)(conn, d)
	list := make([]Fault, n)
	for i := range list {
		list[i] = sequence()
	}
	return list
}

func TestRandomDependsOnSeedAndNumber(t *testing.T) {
	want := faults(1, 7, ToClient, 50)
	if got := faults(1, 7, ToClient, 50); !slices.Equal(got, want) {
		t.Errorf("the same connection has other faults the second time: %v, want %v", got, want)
	}
	for name, got := range map[string][]Fault{
		"another seed":       faults(2, 7, ToClient, 50),
		"another connection": faults(1, 8, ToClient, 50),
		"another direction":  faults(1, 7, ToServer, 50),
	} {
		if slices.Equal(got, want) {
			t.Errorf("%s has the same faults", name)
		}
	}
}

func TestRandomStaysWithinLimits(t *testing.T) {
	const n = 1000
	var kinds [Kinds]int
	var early, atOnce int
	for conn := range n {
		f := faults(3, conn, ToServer, 1)[0]
		kinds[f.Kind]++
		if f.After < 4<<10 {
			early++
		}
		if f.After == 0 {
			atOnce++
		}
		if f.After < 0 || f.After >= maxAfter || f.Time < 0 || f.Time > maxTime || f.Bytes < 0 || f.Bytes > maxThrottle {
			t.Errorf("%+v exceeds a limit", f)
		}
		if (f.Kind == Throttle || f.Kind == Split) != (f.Bytes > 0) || (f.Kind == Throttle || f.Kind == Stall) != (f.Time > 0) {
			t.Errorf("%v: %+v, want a time and a number of bytes where the kind has them", f.Kind, f)
		}
	}
	for k, count := range kinds {
		if want := shares[k] * n / 100; count < want/2 || count > 2*want {
			t.Errorf("%d of %d faults are %v, want about %d", count, n, Kind(k), want)
		}
	}
	if early < n*2/5 || early > n*3/5 || atOnce == 0 {
		t.Errorf("%d of %d faults begin within 4 KiB, and %d at once; want about half, and some", early, n, atOnce)
	}
}
