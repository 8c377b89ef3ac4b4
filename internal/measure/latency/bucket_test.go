package latency

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestBucketsAreThoseOfHdrHistogram(t *testing.T) {
	want := hdrhistogram.New(minLatency, maxLatency, digits)
	if n := len(want.Export().Counts); n != buckets {
		t.Fatalf("%d buckets, want %d", buckets, n)
	}
	r := NewRecorder()
	record := func(ns int64) {
		r.Record(ns)
		if err := want.RecordValue(ns); err != nil {
			t.Fatal(err)
		}
	}
	for ns := int64(0); ns <= maxLatency; ns += 1 + ns/1000 {
		record(ns)
	}
	for power := int64(1); power <= maxLatency; power *= 2 {
		record(power - 1)
		record(power)
	}
	record(maxLatency)
	if !slices.Equal(r.counts, want.Export().Counts) {
		t.Error("the counts differ from HdrHistogram's")
	}
	if !r.histogram().Equals(want) {
		t.Error("the histogram differs from HdrHistogram's")
	}
}

func TestNegativeLatencyIsIgnored(t *testing.T) {
	for _, r := range []*Recorder{NewRecorder(), NewShared()} {
		r.Record(-1)
		r.Record(-1 << 63)
		if n := r.Count(); n != 0 {
			t.Errorf("%d latencies, want 0", n)
		}
	}
}

func TestSharedRecorder(t *testing.T) {
	const workers, each = 8, 20000
	shared, want := NewShared(), NewRecorder()
	var done sync.WaitGroup
	for worker := range uint64(workers) {
		random := rand.New(rand.NewPCG(worker, 0))
		again := rand.New(rand.NewPCG(worker, 0))
		done.Go(func() {
			for range each {
				shared.Record(random.Int64N(1e6))
			}
		})
		for range each {
			want.Record(again.Int64N(1e6))
		}
	}
	done.Wait()
	if !slices.Equal(shared.all(), want.counts) || shared.total() != want.sum {
		t.Errorf("%d latencies with a sum of %d, want %d with %d", shared.Count(), shared.total(), want.Count(), want.sum)
	}
}
