package gorpcecho

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
)

func TestManyCallers(t *testing.T) {
	const callers = 500
	for _, c := range []struct {
		tr   *Transport
		size int
	}{
		{&Transport{}, 64},
		{&Transport{}, 64 << 10},
		{&Transport{Conns: 3}, 4 << 10},
		{&Transport{Compress: true}, 4 << 10},
	} {
		client := testkit.Dial(t, c.tr, StartServer(t))
		start := make(chan struct{})
		errs := make(chan error, callers)
		for i := range callers {
			go func() {
				<-start
				var err error
				for n := 0; n < 4 && err == nil; n++ {
					err = testkit.Echo(t.Context(), client, uint64(i<<8|n), c.size)
				}
				errs <- err
			}()
		}
		close(start)
		for range callers {
			if err := testkit.Receive(t, "the end of a caller", errs); err != nil {
				t.Errorf("%d callers, %d B: %v", callers, c.size, err)
			}
		}
	}
}

// A connection must take far less memory than with gorpc's defaults, with which
// it takes megabytes.
func TestMemoryPerConnection(t *testing.T) {
	const conns = 64
	for _, c := range []struct {
		compress bool
		most     int
	}{{false, 512 << 10}, {true, 4 << 20}} {
		before := heap()
		client := testkit.Dial(t, &Transport{Conns: conns, Compress: c.compress}, StartServer(t))
		for i := range 10 * conns {
			testkit.MustEcho(t, client, uint64(i), 64)
		}
		got := (heap() - before) / conns
		t.Logf("compression %v: %d KiB for each connection, both ends", c.compress, got>>10)
		if got > c.most {
			t.Errorf("compression %v: %d bytes of heap for each connection, want at most %d", c.compress, got, c.most)
		}
	}
}

// heap returns how many bytes of the heap are in use.
func heap() int {
	runtime.GC()
	runtime.GC() // the first cycle keeps what is in a sync.Pool, the second frees it
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Whichever end closes first, and however often, nothing hangs and nothing is left.
func TestCloseAnyOrder(t *testing.T) {
	for i := range 20 {
		tr := &Transport{Conns: 1 + i%3, Compress: i%5 == 0}
		srv := listen(t, tr)
		c := testkit.Dial(t, tr, srv.Addr())
		var running sync.WaitGroup
		for range 8 {
			running.Go(func() {
				for n := 0; testkit.Echo(context.Background(), c, uint64(n), 1000) == nil; n++ {
				}
			})
		}
		testkit.Dial(t, tr, srv.Addr()).Close() // before gorpc has used its connections
		closers := []func() error{c.Close, srv.Close, c.Close, srv.Close}
		if i%2 == 1 {
			closers[0], closers[1] = closers[1], closers[0]
		}
		for _, f := range closers {
			if err := testkit.Within(t, "Close", f); err != nil {
				t.Error(err)
			}
		}
		if err := testkit.Within(t, "the end of the callers", func() error { running.Wait(); return nil }); err != nil {
			t.Error(err)
		}
	}
}
