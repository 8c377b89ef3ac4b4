package fault

import (
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/rules/proxy"
)

// pass sends n bytes through a passage with one fault, which begins after 4 bytes, and
// returns the sizes of the writes.
func pass(t *testing.T, n int, f Fault) []int {
	t.Helper()
	f.After = 4
	near, far := net.Pipe()
	to := new(recorder)
	p := &Proxy{closed: make(chan struct{}), calm: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		newPassage(p, far, to).run(script(ToServer, f)(0, ToServer))
	}()
	if _, err := near.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	near.Close()
	<-done
	if !to.closed.Load() {
		t.Error("the end of the stream did not pass")
	}
	return to.sizes
}

func TestSplit(t *testing.T) {
	got := pass(t, 20, Fault{Kind: Split, Bytes: 6})
	if want := []int{4, 1, 1, 1, 1, 1, 1, 10}; !slices.Equal(got, want) {
		t.Errorf("writes of %v bytes, want %v", got, want)
	}
}

func TestThrottle(t *testing.T) {
	begin := time.Now()
	got := pass(t, 204, Fault{Kind: Throttle, Bytes: 2 * throttlePieces, Time: 20 * time.Millisecond})
	want := append([]int{4}, slices.Repeat([]int{2}, throttlePieces)...)
	want = append(want, 200-2*throttlePieces)
	if !slices.Equal(got, want) {
		t.Errorf("writes of %v bytes, want %v", got, want)
	}
	if took := time.Since(begin); took < 19*time.Millisecond { // the pauses are rounded down
		t.Errorf("took %v, want the fault's 20ms", took)
	}
}

// TestUnix: a connection over a Unix domain socket, which has no resets, is closed.
func TestUnix(t *testing.T) {
	backend, err := proxy.StartNetwork("unix", "")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	p, err := Start("unix", backend.Addr(), script(ToServer, Fault{Kind: Reset, After: 3}))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	conn, err := net.Dial("unix", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(conn, "hello")
	io.ReadAll(conn)
	if p.Made(Reset) != 1 {
		t.Errorf("Made(Reset) = %d, want 1", p.Made(Reset))
	}
}
