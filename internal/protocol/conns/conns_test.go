package conns

import (
	"errors"
	"net"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// closed reports whether the other end of a net.Pipe has been closed.
func closed(far net.Conn) bool {
	_, err := far.Read(make([]byte, 1))
	return err != nil
}

func TestSetCloses(t *testing.T) {
	var s Set
	a, farA := net.Pipe()
	b, farB := net.Pipe()
	c, farC := net.Pipe()
	defer b.Close()
	if !s.Add(a) || !s.Add(b) || s.Len() != 2 {
		t.Fatalf("two connections added: Len() = %d, want 2", s.Len())
	}
	s.Remove(b)
	if !s.Close() {
		t.Error("the first Close: false, want true")
	}
	if !closed(farA) {
		t.Error("a connection in the set is open after Close")
	}
	go b.Write([]byte{1})
	if closed(farB) {
		t.Error("a connection that was removed from the set was closed")
	}
	if s.Add(c) || !closed(farC) {
		t.Error("Add after Close: want false and the connection closed")
	}
	if s.Close() {
		t.Error("the second Close: true, want false")
	}
}

// A flaky listener fails before each connection.
type flaky struct {
	net.Listener
	failed bool
}

func (l *flaky) Accept() (net.Conn, error) {
	if l.failed = !l.failed; l.failed {
		return nil, errors.New("too many open files")
	}
	return l.Listener.Accept()
}

func TestListenerRetriesAndCloses(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListener(&flaky{Listener: inner})
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	conn, err := l.Accept()
	if err != nil || l.Conns.Len() != 1 {
		t.Fatalf("Accept: %v, and %d connections in the set; want 1", err, l.Conns.Len())
	}
	waiting := make(chan error)
	go func() {
		_, err := l.Accept()
		waiting <- err
	}()
	for range 2 {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept during Close: error %v, want net.ErrClosed", err)
	}
	if !closed(far) {
		t.Error("an accepted connection is open after the listener's Close")
	}
	conn.Close()
}

func TestConnCloseRemovesIt(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListener(inner)
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if n := l.Conns.Len(); n != 0 {
		t.Errorf("%d connections in the set after Close, want 0", n)
	}
}
