package usage

import (
	"testing"
)

func TestMissingAndAvailableCoverEveryCounter(t *testing.T) {
	missing := MissingCounters()
	available := Available(missing)
	if len(missing)+len(available) != len(counterKeys) {
		t.Errorf("%d counters are missing and %d available, want %d together", len(missing), len(available), len(counterKeys))
	}
	for _, m := range missing {
		if m.Why == "" {
			t.Errorf("%s is missing, but without a reason", m.Key)
		}
	}
}
