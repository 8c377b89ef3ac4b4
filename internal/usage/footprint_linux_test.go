package usage

import (
	"os"
	"runtime"
	"sync"
	"testing"
)

func TestFootprint(t *testing.T) {
	before := ReadFootprint()
	if before.Resident <= 0 || before.Threads <= 0 || before.Goroutines <= 0 {
		t.Fatalf("%+v, want every figure", before)
	}
	const size, goroutines, threads = 64 << 20, 100, 20
	memory := make([]byte, size)
	for i := 0; i < size; i += os.Getpagesize() {
		memory[i] = 1
	}
	end := make(chan struct{})
	for range goroutines {
		go func() { <-end }()
	}
	// A locked goroutine that waits keeps its thread.
	var locked sync.WaitGroup
	for range threads {
		locked.Add(1)
		go func() {
			runtime.LockOSThread()
			locked.Done()
			<-end
		}()
	}
	locked.Wait()
	more := ReadFootprint().Since(before)
	runtime.KeepAlive(memory)
	if more.Resident < size || more.Resident > size+size/4 {
		t.Errorf("%d bytes more are resident, want about %d", more.Resident, size)
	}
	if more.Goroutines != goroutines+threads {
		t.Errorf("%d goroutines more, want %d", more.Goroutines, goroutines+threads)
	}
	if more.Threads < threads/2 {
		t.Errorf("%d threads more, want about %d", more.Threads, threads)
	}
	close(end)
	memory = nil
	if after := ReadFootprint().Since(before); after.Resident > size/4 {
		t.Errorf("%d bytes more are resident after they have become garbage", after.Resident)
	}
}
