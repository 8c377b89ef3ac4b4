package usage

import (
	"encoding/json"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"
)

// spin uses processor time in user mode.
func spin(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
		for range 1000 {
		}
	}
}

func TestUserTimeGrowsWithWork(t *testing.T) {
	before := Read()
	start := time.Now()
	spin(200 * time.Millisecond)
	wall := float64(time.Since(start))
	after := Read()
	user, ok := after.Count(before, User)
	if !ok {
		t.Fatal("no user time")
	}
	// No lower bound on a shared machine beyond that it was used at all; and one
	// goroutine can't use more than the wall clock, by much.
	if user <= 0 || user > 2*wall {
		t.Errorf("%v ns in user mode over %v ns of spinning", user, wall)
	}
}

var sink [][]byte

func TestAllocsAreCounted(t *testing.T) {
	sink = make([][]byte, 0, 1000)
	before := Read()
	for range 1000 {
		sink = append(sink, make([]byte, 1024))
	}
	after := Read()
	n, _ := after.Count(before, Allocs)
	size, _ := after.Count(before, AllocBytes)
	if n < 1000 || n > 1200 || size < 1000*1024 || size > 1200*1024 {
		t.Errorf("%v objects of %v bytes, want 1000 of 1024 each and little more", n, size)
	}
	sink = nil
}

func TestGCIsCounted(t *testing.T) {
	before := Read()
	for range 5 {
		runtime.GC()
	}
	after := Read()
	if n, ok := after.Count(before, GCCycles); !ok || n < 5 {
		t.Errorf("%v GC cycles after 5 calls of runtime.GC", n)
	}
	if ns, ok := after.Count(before, GC); !ok || ns <= 0 {
		t.Errorf("%v ns of GC after 5 cycles", ns)
	}
}

func TestMutexWaitIsCounted(t *testing.T) {
	// The runtime tracks one goroutine in eight, so it takes many.
	const waiters = 200
	var mu sync.Mutex
	woken := 0
	var ready, done sync.WaitGroup
	before := Read()
	mu.Lock()
	for range waiters {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			mu.Lock()
			defer mu.Unlock()
			woken++
		})
	}
	ready.Wait()
	spin(10 * time.Millisecond)
	mu.Unlock()
	done.Wait()
	after := Read()
	if ns, ok := after.Count(before, MutexWait); !ok || ns <= 0 || woken != waiters {
		t.Errorf("%v ns of waiting for a mutex by %d goroutines", ns, woken)
	}
}

func TestSchedP99(t *testing.T) {
	before := Read()
	if _, ok := before.SchedP99(before); ok {
		t.Error("a percentile of nothing")
	}
	for range 5000 {
		done := make(chan bool)
		go close(done)
		<-done
	}
	ns, ok := Read().SchedP99(before)
	if !ok || ns <= 0 || ns > 60e9 || math.IsInf(ns, 0) {
		t.Errorf("SchedP99 = %v, %v after 5000 goroutines", ns, ok)
	}
}

func TestSnapshotSurvivesJSON(t *testing.T) {
	before := Read()
	text, err := json.Marshal(Read())
	if err != nil {
		t.Fatal(err)
	}
	var after Snapshot
	if err := json.Unmarshal(text, &after); err != nil {
		t.Fatal(err)
	}
	if n, ok := after.Count(before, Allocs); !ok || n < 0 {
		t.Errorf("allocs through JSON: %v, %v", n, ok)
	}
	if len(after.Sched) != len(before.Sched) || after.Levels[Procs] != float64(runtime.GOMAXPROCS(0)) {
		t.Error("the snapshot is not whole after JSON")
	}
}

func TestMissingAndAvailableCoverEveryCounter(t *testing.T) {
	missing := MissingCounters()
	available := Available(missing)
	if len(missing)+len(available) != len(counterKeys) {
		t.Errorf("%d missing and %d available of %d", len(missing), len(available), len(counterKeys))
	}
	for _, m := range missing {
		if m.Why == "" {
			t.Errorf("%s is missing without a reason", m.Key)
		}
	}
}
