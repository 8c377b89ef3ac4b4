package usage

import (
	"encoding/json"
	"runtime"
	"sync"
	"testing"
	"time"
)

// spin uses processor time in user mode for d.
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
		t.Fatal("the user time is absent")
	}
	// A shared machine may give this process little time. One goroutine cannot use
	// much more time than has passed.
	if user <= 0 || user > 2*wall {
		t.Errorf("%v ns in user mode during %v ns of spinning, want more than 0 and at most twice as much", user, wall)
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
		t.Errorf("%v objects with %v bytes together, want a little more than 1000 objects of 1024 bytes", n, size)
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
		t.Errorf("%v GC cycles after 5 calls of runtime.GC, want 5 or more", n)
	}
	if ns, ok := after.Count(before, GC); !ok || ns <= 0 {
		t.Errorf("%v ns of GC in 5 cycles, want more than 0", ns)
	}
}

func TestMutexWaitIsCounted(t *testing.T) {
	// The runtime measures one goroutine in eight, so the test needs many.
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
		t.Errorf("%d of %d goroutines waited for a mutex, for %v ns, want more than 0", woken, waiters, ns)
	}
}

func TestSnapshotAsJSON(t *testing.T) {
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
		t.Errorf("allocs after decoding from JSON: %v, %v, want 0 or more, true", n, ok)
	}
	if len(after.Sched) != len(before.Sched) || after.Levels[Procs] != float64(runtime.GOMAXPROCS(0)) {
		t.Error("a part of the snapshot is missing after decoding from JSON")
	}
}
