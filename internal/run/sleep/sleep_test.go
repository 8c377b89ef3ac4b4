package sleep

import (
	"testing"
	"time"
)

func TestSleep(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []time.Duration{1, time.Microsecond, 3 * time.Millisecond} {
		begin := time.Now()
		s.Sleep(d)
		if slept := time.Since(begin); slept < d {
			t.Errorf("slept %v, want %v at least", slept, d)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
