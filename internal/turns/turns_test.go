package turns

import (
	"testing"
	"time"

	"github.com/echobench/echobench/internal/floor"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMedian(t *testing.T) {
	if got := Median([]int{5, 1, 3}); got != 3 {
		t.Errorf("Median(5, 1, 3) = %d, want 3", got)
	}
}

func TestLatency(t *testing.T) {
	calls, batches := 0, 0
	result := testing.Benchmark(func(b *testing.B) {
		calls, batches = 0, 0
		Latency(b,
			Call{Name: "slow", Echo: func() error { calls++; time.Sleep(2 * time.Millisecond); return nil }},
			Call{Name: "fast", Batch: func() ([]int64, error) { batches++; return []int64{1e6, 1e6, 1e6}, nil }, Every: 10},
		)
	})
	if calls != result.N || batches != (result.N+9)/10 {
		t.Errorf("%d calls and %d batches in %d iterations, want one call in each and a batch in every tenth", calls, batches, result.N)
	}
	if p50 := result.Extra["fast-p50-ns"]; p50 < 0.99e6 || p50 > 1.01e6 {
		t.Errorf("fast-p50-ns = %v, want 1e6", p50)
	}
	if over := result.Extra["slow-over-fast"]; over < 1.9 {
		t.Errorf("slow-over-fast = %v, want 2 or more", over)
	}
}

func TestThroughput(t *testing.T) {
	var tail float64
	result := testing.Benchmark(func(b *testing.B) {
		first, second := NewLoad(b, "a", new(floor.Nop), 64, 3), NewLoad(b, "b", new(floor.Nop), 64, 3)
		Throughput(b, 5*time.Millisecond, first, second)
		tail = first.Tail()
	})
	for _, unit := range []string{"a-ops/s", "b-ops/s", "a-over-b"} {
		if result.Extra[unit] <= 0 {
			t.Errorf("%s = %v, want a positive figure", unit, result.Extra[unit])
		}
	}
	if tail < 1 {
		t.Errorf("the 99th percentile is %v times the median, want 1 or more", tail)
	}
}
