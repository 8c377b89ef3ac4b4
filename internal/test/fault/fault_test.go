package fault

import (
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script returns a Plan that gives the first connection the faults, in one direction. No
// other fault follows.
func script(d Direction, faults ...Fault) Plan {
	return func(conn int, direction Direction) Sequence {
		var next int
		return func() Fault {
			if conn > 0 || direction != d || next == len(faults) {
				return Fault{After: math.MaxInt}
			}
			next++
			return faults[next-1]
		}
	}
}

// A connection is a connection by way of a Proxy.
type connection struct {
	*Proxy
	listener       net.Listener
	client, server net.Conn
}

// connect starts a Proxy, and connects a client to a server through it.
func connect(t *testing.T, plan Plan) *connection {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start("tcp", l.Addr().String(), plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		l.Close()
	})
	c := &connection{Proxy: p, listener: l}
	c.dial(t)
	return c
}

// dial replaces the connection.
func (l *connection) dial(t *testing.T) {
	t.Helper()
	ends := [2]net.Conn{}
	var err error
	if ends[0], err = net.Dial("tcp", l.Addr()); err != nil {
		t.Fatal(err)
	}
	if ends[1], err = l.listener.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, end := range ends {
		t.Cleanup(func() { end.Close() })
		end.SetDeadline(time.Now().Add(20 * time.Second))
	}
	l.client, l.server = ends[0], ends[1]
}

// ends returns the two ends in the order in which bytes pass in direction d.
func (l *connection) ends(d Direction) (from, to net.Conn) {
	if d == ToServer {
		return l.client, l.server
	}
	return l.server, l.client
}

// eachDirection runs a test in both directions.
func eachDirection(t *testing.T, test func(*testing.T, Direction)) {
	t.Run("to the server", func(t *testing.T) { test(t, ToServer) })
	t.Run("to the client", func(t *testing.T) { test(t, ToClient) })
}

func TestReset(t *testing.T) {
	eachDirection(t, func(t *testing.T, d Direction) {
		l := connect(t, script(d, Fault{Kind: Reset, After: 5}))
		from, to := l.ends(d)
		io.WriteString(from, "helloworld")
		for name, end := range map[string]net.Conn{"sender": from, "receiver": to} {
			if got, err := io.ReadAll(end); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the %s read %q, error %v, want a reset", name, got, err)
			}
		}
		if l.Made(Reset) != 1 {
			t.Errorf("Made(Reset) = %d, want 1", l.Made(Reset))
		}
		l.dial(t)
		mustPass(t, l, d, "the second connection has no faults")
	})
}

// TestResetAtOnce: the reset may come before Dial has returned.
func TestResetAtOnce(t *testing.T) {
	l := connect(t, func(conn int, _ Direction) Sequence {
		return func() Fault { return Fault{Kind: Reset, After: math.MaxInt * (1 - conn)} }
	})
	conn, err := net.Dial("tcp", l.Addr())
	if err == nil {
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("error %v, want a reset", err)
	}
}

func TestCut(t *testing.T) {
	eachDirection(t, func(t *testing.T, d Direction) {
		l := connect(t, script(d, Fault{Kind: Cut, After: 5}))
		from, to := l.ends(d)
		io.WriteString(from, "helloworld")
		if got, err := io.ReadAll(to); string(got) != "hello" || err != nil {
			t.Errorf("the receiver read %q, error %v, want hello and the end of the stream", got, err)
		}
		to.Close()
		if got, err := io.ReadAll(from); len(got) > 0 || err != nil {
			t.Errorf("the sender read %q, error %v, want the end of the stream, because the receiver has closed it", got, err)
		}
	})
}

func TestStall(t *testing.T) {
	eachDirection(t, func(t *testing.T, d Direction) {
		l := connect(t, script(d, Fault{Kind: Stall, After: 5, Time: time.Hour}))
		from, to := l.ends(d)
		io.WriteString(from, "helloworld")
		buf := make([]byte, 5)
		if _, err := io.ReadFull(to, buf); err != nil || string(buf) != "hello" {
			t.Fatalf("read %q, error %v, want hello", buf, err)
		}
		to.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := to.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("during the stall, %d bytes were read, error %v; want nothing", n, err)
		}
		to.SetReadDeadline(time.Now().Add(20 * time.Second))
		l.End()
		if _, err := io.ReadFull(to, buf); err != nil || string(buf) != "world" {
			t.Errorf("after End: read %q, error %v, want world", buf, err)
		}
	})
}

func TestStallEnds(t *testing.T) {
	l := connect(t, script(ToServer, Fault{Kind: Stall, After: 5, Time: 20 * time.Millisecond}))
	begin := time.Now()
	mustPass(t, l, ToServer, "helloworld")
	if took := time.Since(begin); took < 20*time.Millisecond {
		t.Errorf("took %v, want the 20ms of the stall at least", took)
	}
}

// TestCloseDuringStall: the test's clean-up would hang.
func TestCloseDuringStall(t *testing.T) {
	l := connect(t, script(ToServer, Fault{Kind: Stall, Time: time.Hour}))
	for l.Made(Stall) == 0 {
		time.Sleep(time.Millisecond)
	}
}

// mustPass sends text in direction d and expects it at the other end.
func mustPass(t *testing.T, l *connection, d Direction, text string) {
	t.Helper()
	from, to := l.ends(d)
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, len(text))
	if _, err := io.ReadFull(to, buf); err != nil || string(buf) != text {
		t.Errorf("read %q, error %v, want %q", buf, err, text)
	}
}

func TestBeginAndEnd(t *testing.T) {
	l := connect(t, func(int, Direction) Sequence {
		return func() Fault { return Fault{Kind: Split, After: 1, Bytes: 1} }
	})
	for _, step := range []struct {
		name   string
		do     func()
		faults bool
	}{
		{"at the start", func() {}, true},
		{"after End", l.End, false},
		{"after another End", l.End, false},
		{"after Begin", l.Begin, true},
		{"after another Begin", l.Begin, true},
	} {
		step.do()
		before := l.Made(Split)
		mustPass(t, l, ToServer, "hello, world")
		if made := l.Made(Split) - before; made > 0 != step.faults {
			t.Errorf("%s: %d faults, want some: %v", step.name, made, step.faults)
		}
	}
	if l.Conns() != 1 {
		t.Errorf("Conns() = %d, want 1", l.Conns())
	}
}

// A recorder is the end of a connection that records how it was written.
type recorder struct {
	net.Conn
	sizes  []int
	closed atomic.Bool
}

func (r *recorder) Write(b []byte) (int, error) {
	r.sizes = append(r.sizes, len(b))
	return len(b), nil
}

func (r *recorder) CloseWrite() error {
	r.closed.Store(true)
	return nil
}
