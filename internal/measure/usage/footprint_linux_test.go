package usage

import (
	"runtime"
	"sync"
	"syscall"
	"testing"
)

func TestFootprint(t *testing.T) {
	before := ReadFootprint()
	if before.Resident <= 0 || before.Threads <= 0 || before.Goroutines <= 0 {
		t.Fatalf("%+v, want every figure", before)
	}
	const size, goroutines, threads = 64 << 20, 100, 20
	// The race detector's own memory grows with what Go code writes, so the kernel
	// makes the pages resident.
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_POPULATE)
	if err != nil {
		t.Fatal(err)
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
	if err := syscall.Munmap(memory); err != nil {
		t.Fatal(err)
	}
	if after := ReadFootprint().Since(before); after.Resident > size/4 {
		t.Errorf("%d bytes more are resident after they were given back", after.Resident)
	}
}
