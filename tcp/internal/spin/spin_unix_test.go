//go:build unix

package spin

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// pair returns a polling connection and its peer.
func pair(t *testing.T) (polling, peer net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, _ := l.Accept()
		accepted <- conn
	}()
	conn := testkit.DialTCP(t, l.Addr().String())
	polling, err = NewConn(conn)
	if err != nil {
		t.Fatal(err)
	}
	peer = <-accepted
	t.Cleanup(func() {
		polling.Close()
		peer.Close()
	})
	return polling, peer
}

// readLater starts a Read and returns its error after it has been in progress for a
// moment and act has been called.
func readLater(t *testing.T, conn net.Conn, act func()) error {
	t.Helper()
	result := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		result <- err
	}()
	time.Sleep(10 * time.Millisecond)
	select {
	case err := <-result:
		t.Fatalf("Read returned %v before there was anything to read", err)
	default:
	}
	act()
	return testkit.Receive(t, "the end of Read", result)
}

func TestReadEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(polling, peer net.Conn)
		want error
	}{
		{"data", func(_, peer net.Conn) { peer.Write([]byte{1}) }, nil},
		{"the peer's Close", func(_, peer net.Conn) { peer.Close() }, io.EOF},
		{"Close", func(polling, _ net.Conn) { polling.Close() }, net.ErrClosed},
		{"a deadline", func(polling, _ net.Conn) { polling.SetDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded},
		{"a read deadline", func(polling, _ net.Conn) { polling.SetReadDeadline(time.Now().Add(time.Millisecond)) }, os.ErrDeadlineExceeded},
	} {
		polling, peer := pair(t)
		if err := readLater(t, polling, func() { c.act(polling, peer) }); !errors.Is(err, c.want) {
			t.Errorf("%s ended Read with the error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestReadAfterDeadline(t *testing.T) {
	polling, peer := pair(t)
	polling.SetDeadline(time.Unix(1, 0))
	if _, err := polling.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read after the deadline: %v", err)
	}
	polling.SetDeadline(time.Time{})
	peer.Write([]byte{1})
	if n, err := polling.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("Read without a deadline: %d bytes, %v", n, err)
	}
}
