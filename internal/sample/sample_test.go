package sample

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/profile"
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/run/openloop"
	"github.com/echobench/echobench/internal/stats/steady"
	"github.com/echobench/echobench/internal/test/broken"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// config returns a Config of two workers.
func config() Config {
	return Config{
		Variant: echo.Variant{Name: "healthy", Transport: broken.Healthy()},
		Size:    64, Workers: 2, Metrics: units.Latency | units.CPU, Stall: 10 * time.Second,
	}
}

// measured returns what a measurement of n echoes reports.
func measured(t *testing.T, c Config, n int) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	err := With(t.Context(), c, func(s *Sample) error {
		for range 2 { // a sample can be measured again
			m, err := s.Measure(n, new(Stopwatch))
			if err != nil {
				return err
			}
			if count := m.RoundTrips().Count(); count != int64(n) {
				t.Errorf("%d latencies of %d echoes", count, n)
			}
			m.Report(c.Metrics, func(value float64, unit string) { got[unit] = value })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestBothLoops: a closed and an open loop measure the same units, and an open loop more.
func TestBothLoops(t *testing.T) {
	closed := config()
	got := measured(t, closed, 2000)
	for _, unit := range []string{"ops/s", "MB/s", "mean-ns", "p50-ns", "p95-ns", "p99-ns"} {
		if got[unit] <= 0 {
			t.Errorf("closed loop: no %s in %v", unit, got)
		}
	}
	open := config()
	open.PerSecond = 5000
	open.Overload = true // a busy machine may not keep the rate
	got = measured(t, open, 1000)
	for _, unit := range []string{"ops/s", "ns/op", "offered/s", "p50-ns", "svc-p50-ns"} {
		if got[unit] <= 0 {
			t.Errorf("open loop: no %s in %v", unit, got)
		}
	}
}

// TestProfilesOfBothLoops: each measurement has its own profiles.
func TestProfilesOfBothLoops(t *testing.T) {
	open := config()
	open.PerSecond, open.Overload = 5000, true // a busy machine may not keep the rate
	for name, c := range map[string]Config{"closed": config(), "open": open} {
		c.CPUProfile, c.HeapProfile = true, true
		err := With(t.Context(), c, func(s *Sample) error {
			for range 2 {
				m, err := s.Measure(500, new(Stopwatch))
				if err != nil {
					return err
				}
				var suffixes []string
				for _, f := range m.Profiles() {
					suffixes = append(suffixes, f.Suffix)
					if !bytes.HasPrefix(f.Data, []byte("\x1f\x8b")) {
						t.Errorf("%s: %s is not compressed", name, f.Suffix)
					}
				}
				if want := []string{".both.heap-before.pprof", ".both.cpu.pprof", ".both.heap-after.pprof"}; !slices.Equal(suffixes, want) {
					t.Errorf("%s: profiles %q, want %q", name, suffixes, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestProfileInUse: a program that profiles itself is an error, and no hang.
func TestProfileInUse(t *testing.T) {
	own, err := profile.StartCPU()
	if err != nil {
		t.Skip(err) // -cpuprofile
	}
	defer own.Stop()
	c := config()
	c.CPUProfile = true
	err = With(t.Context(), c, func(s *Sample) error {
		_, err := s.Measure(500, new(Stopwatch))
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "cpu profile: cpu profiling already in use") {
		t.Errorf("error %v, want that a profile is being taken", err)
	}
}

func TestOfferAfterCapacity(t *testing.T) {
	c := config()
	c.Overload = true
	err := With(t.Context(), c, func(s *Sample) error {
		capacity, err := s.Capacity()
		if err != nil || capacity <= 0 {
			t.Errorf("capacity %v, %v", capacity, err)
		}
		r, err := s.Offer(capacity/10, 200)
		if err == nil && r.Arrivals != 200 {
			t.Errorf("%d arrivals, want 200", r.Arrivals)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOpenFails(t *testing.T) {
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(context.Canceled)
	if _, err := Open(ended, config()); err != context.Canceled {
		t.Errorf("Open with a context that has ended: %v", err)
	}
	c := config()
	c.Idle = 1 << 30
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "raise it (ulimit -n)") {
		t.Errorf("Open with more clients than descriptors: %v", err)
	}
}

func TestSteadiness(t *testing.T) {
	judged := &rateResult{Result: new(openloop.Result), steady: steady.Report{Judged: true}}
	short := &rateResult{Result: new(openloop.Result), steady: steady.Report{Judged: true}, short: true}
	for _, c := range []struct {
		name string
		rate *rateResult
		want bool
	}{{"closed loop", nil, false}, {"at a rate", judged, true}, {"too short", short, false}} {
		m := &Measurement{result: result{rate: c.rate}}
		if _, ok := m.Steadiness(); ok != c.want {
			t.Errorf("%s: %t, want %t", c.name, ok, c.want)
		}
	}
}

func TestRecheckFindsAChangedBody(t *testing.T) {
	c := config()
	c.Findings = NewFindings(nil)
	err := With(t.Context(), c, func(s *Sample) error {
		s.sources[0].Next(1)[0]++
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "the rule RequestUntouched") {
		t.Errorf("error %v, want one with the rule", err)
	}
}
