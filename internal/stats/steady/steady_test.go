package steady

import (
	"math"
	"sync"
	"testing"
)

func TestLag1(t *testing.T) {
	for _, c := range []struct {
		name string
		p    process
		n    int
		want float64
	}{
		{"independent", white, 20000, 0},
		{"correlation 0.5", autoregressive(0.5), 20000, 0.5},
		{"correlation 0.9", autoregressive(0.9), 20000, 0.9},
		{"correlation 0.9, of which a tenth is kept", autoregressive(0.9), 10 * maxKept, 0.9},
	} {
		samples(c.p, c.n, 2, func(r *Report) {
			if math.Abs(r.Lag1-c.want) > 0.05 {
				t.Errorf("%s: %.3f, want %.1f", c.name, r.Lag1, c.want)
			}
		})
	}
}

func TestTraceIsBounded(t *testing.T) {
	trace := NewTrace()
	for _, n := range []int{1, 2, 199, 200, 1001, maxKept - 1, maxKept, maxKept + 1, 10*maxKept + 7} {
		trace.Begin(n)
		if allocations := testing.AllocsPerRun(1, func() {
			trace.Begin(n)
			for i := range n {
				trace.Record(uint64(i), int64(i+1))
			}
		}); allocations != 0 {
			t.Errorf("%d arrivals: %v allocations", n, allocations)
		}
		r := trace.Analyse()
		if r.Count > maxKept || r.Count < min(n, maxKept/2) || n <= maxKept && r.Count != n {
			t.Errorf("%d arrivals: %d response times kept, want all or at least %d", n, r.Count, maxKept/2)
		}
		if r.Judged != (n >= parts*minInPart) {
			t.Errorf("%d arrivals: judged: %v", n, r.Judged)
		}
		if first, last := trace.kept[0], max(trace.kept[len(trace.kept)-1], trace.kept[len(trace.kept)-2]); first != 1 || float64(last) < 0.999*float64(n) {
			t.Errorf("%d arrivals: kept from %v to %v, want the whole sample", n, first, last)
		}
	}
}

func TestTooFewHaveNoVerdict(t *testing.T) {
	trace := NewTrace()
	trace.Begin(1000)
	for i := range uint64(1000) {
		if i < 500 || i >= 545 { // one part has 5 of 50
			trace.Record(i, 1000)
		}
	}
	r := trace.Analyse()
	if r.Judged || r.Drifts || !math.IsNaN(r.Ratio) || !math.IsNaN(r.Lag1) || r.Independent(0.5) != 0 || r.Enough(0.5) || r.Count != 955 {
		t.Errorf("a part without response times: %+v", r)
	}
}

func TestRecordConcurrently(t *testing.T) {
	const workers, n = 4, 10000
	trace := NewTrace()
	trace.Begin(n)
	var done sync.WaitGroup
	for w := range workers {
		done.Go(func() {
			for i := w; i < n; i += workers {
				trace.Record(uint64(i), int64(i))
			}
		})
	}
	done.Wait()
	for i := range n {
		if trace.kept[i] != float32(max(i, 1)) {
			t.Fatalf("arrival %d: %v", i, trace.kept[i])
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	trace := NewTrace()
	trace.Begin(b.N)
	b.ReportAllocs()
	for i := range b.N {
		trace.Record(uint64(i), 1000)
	}
}
