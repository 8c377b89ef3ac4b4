//go:build !race

// The race detector keeps memory of its own for everything that was ever used.

package protocols_test

import (
	"flag"
	"runtime"
	"sync"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/test/testkit"
)

var returning = flag.Int("returning", 200, "how many clients TestMemoryIsReturned connects, each of which takes 2 descriptors, or 4 with ZeroMQ")

// TestMemoryIsReturned connects many clients of each protocol, each of which echoes
// once, and closes them and their server, twice. The first time leaves memory behind
// that Go's runtime uses again, such as that of its goroutines. The second time leaves
// at most a tenth more of what the clients take, or, if they are few, a few megabytes.
//
// What ZeroMQ leaves behind is reported only. It is the memory of the C library, whose
// allocator returns little of it to the operating system and uses it again.
func TestMemoryIsReturned(t *testing.T) {
	const someMegabytes = 5 << 20
	for _, v := range protocols() {
		t.Run(v.Name, func(t *testing.T) {
			if err := contract.Describe(v.Transport, 1).Unavailable; err != nil {
				t.Skip(err)
			}
			before := usage.ReadFootprint()
			during := connectAndClose(t, v.Transport, *returning).Since(before)
			once := usage.ReadFootprint()
			connectAndClose(t, v.Transport, *returning)
			twice := usage.ReadFootprint()
			t.Logf("%d clients and their server took %d bytes and %d goroutines; %d bytes remained after the first time, %d more after the second",
				*returning, during.Resident, during.Goroutines, once.Since(before).Resident, twice.Since(once).Resident)
			if during.Resident <= 0 {
				t.Errorf("%d clients took %d bytes, want more than none", *returning, during.Resident)
			}
			maxMore := max(during.Resident/10, someMegabytes)
			if more := twice.Since(once); more.Resident > maxMore && v.Name != "zmq" {
				t.Errorf("%d bytes more remained, want at most %d", more.Resident, maxMore)
			}
		})
	}
}

// connectAndClose connects clients, and returns what this process holds before it
// closes them and their server.
func connectAndClose(t *testing.T, tr echo.Transport, count int) usage.Footprint {
	t.Helper()
	server, err := tr.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	clients := make([]echo.Client, count)
	inTurns := make(chan int)
	var all sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range inTurns {
				var err error
				if clients[i], err = tr.Dial(testkit.Context(t), server.Addr()); err == nil {
					err = testkit.Echo(testkit.Context(t), clients[i], 1, 64)
				}
				if err != nil {
					t.Errorf("client %d: %v", i, err)
				}
			}
		})
	}
	for i := range clients {
		inTurns <- i
	}
	close(inTurns)
	all.Wait()
	held := usage.ReadFootprint()
	for _, c := range clients {
		if c != nil {
			all.Go(func() {
				if err := bound.Call(testkit.Hang, c.Close); err != nil {
					t.Errorf("Close of a client: %v", err)
				}
			})
		}
	}
	all.Wait()
	if err := testkit.Within(t, "Close of the server", server.Close); err != nil {
		t.Error(err)
	}
	return held
}
