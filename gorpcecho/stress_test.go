package gorpcecho

import (
	"context"
	"sync"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

func TestManyCallers(t *testing.T) {
	for _, c := range []struct {
		tr                   *Transport
		callers, calls, size int
	}{
		{&Transport{}, 100, 4, 64 << 10},
		{&Transport{Conns: 3}, 500, 4, 4 << 10},
		{&Transport{Compress: true}, 100, 4, 4 << 10},
		{&Transport{}, 10_000, 1, 64},
	} {
		client := testkit.Start(t, c.tr)
		start := make(chan struct{})
		errs := make(chan error, c.callers)
		for i := range c.callers {
			go func() {
				<-start
				var err error
				for n := 0; n < c.calls && err == nil; n++ {
					err = testkit.Echo(t.Context(), client, uint64(i<<8|n), c.size)
				}
				errs <- err
			}()
		}
		close(start)
		for range c.callers {
			if err := testkit.Receive(t, "the end of a caller", errs); err != nil {
				t.Fatalf("%d callers, %d B: %v", c.callers, c.size, err)
			}
		}
	}
}

// Nothing hangs and nothing is left, whichever end closes first and however often.
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
