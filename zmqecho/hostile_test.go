//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// The server answers requests that no Client of this package sends.
func TestForeignRequests(t *testing.T) {
	for _, workers := range []int{0, 2} {
		testForeignRequests(t, &Transport{Workers: workers})
	}
}

func testForeignRequests(t *testing.T, tr *Transport) {
	whole := string(testkit.Encode(t, &payload.Payload{Id: 5, Data: []byte("x")}))
	srv := echo.StartServer(t, tr)
	z, err := zmq4.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	defer z.Term()
	s, err := z.NewSocket(zmq4.REQ)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := errors.Join(s.SetLinger(0), s.SetRcvtimeo(testkit.Hang), s.Connect("tcp://"+srv)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		parts []any
		empty bool
	}{
		{"garbage", []any{"garbage"}, true},
		{"two parts", []any{whole, whole}, true},
		{"three parts", []any{whole, "", whole}, true},
		{"a Payload", []any{whole}, false},
		{"the empty Payload", []any{""}, false},
	} {
		if _, err := s.SendMessage(c.parts...); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got, err := s.RecvMessageBytes(0)
		if err != nil || len(got) != 1 || (len(got[0]) == 0) != c.empty {
			t.Errorf("workers %d, %s: answer %q, error %v; empty: want %v", tr.Workers, c.name, got, err, c.empty)
		}
	}
}

// zmtp is what a REQ socket sends first: a ZMTP 3.0 greeting without security, of
// 64 bytes, and a READY command.
var zmtp = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + "\x03\x00" + pad("NULL", 20) + pad("", 1+31) +
	"\x04\x26\x05READY" + "\x0bSocket-Type\x00\x00\x00\x03REQ" + "\x08Identity\x00\x00\x00\x00"

func pad(s string, n int) string { return s + strings.Repeat("\x00", n-len(s)) }

// libzmq refuses bytes that are not ZMTP and messages with a false length: it
// closes the connection and allocates no memory for the message.
func TestGarbage(t *testing.T) {
	for _, workers := range []int{0, 2} {
		testGarbage(t, &Transport{Workers: workers})
	}
}

func testGarbage(t *testing.T, tr *Transport) {
	srv := echo.StartServer(t, tr)
	c := testkit.Dial(t, &Transport{}, srv)
	testkit.MustEcho(t, c, 1, 64)
	before := peakMemory(t)
	for _, g := range []struct {
		name, bytes string
		closes      bool
	}{
		{"nothing", "", false},
		{"random", string(payload.Body(1<<16, 1)), false},
		{"HTTP", "POST /echo HTTP/1.1\r\nContent-Length: 4294967295\r\n\r\n", false},
		{"zeros", strings.Repeat("\x00", 4096), false},
		{"ones", strings.Repeat("\xff", 4096), false},
		{"half a greeting", zmtp[:20], false},
		{"half a handshake", zmtp[:70], false},
		{"a truncated message", zmtp + "\x01\x00\x00\xc8hello", false},
		{"a message that claims to have 2 GiB", zmtp + "\x01\x00\x02\x00\x00\x00\x00\x80\x00\x00\x00", true},
		{"a message that claims to have 2^62 bytes", zmtp + "\x01\x00\x02\x40\x00\x00\x00\x00\x00\x00\x00", true},
		{"a command that claims to have 2 GiB", zmtp + "\x06\x00\x00\x00\x00\x80\x00\x00\x00", true},
		{"ZMTP 1.0 that claims to have 2 GiB", "\x01\x00\xff\x00\x00\x00\x00\x80\x00\x00\x00\x00", true},
	} {
		conn := testkit.DialTCP(t, srv)
		io.WriteString(conn, g.bytes) // may fail, since the server may have closed the connection already
		if g.closes {
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: the server did not close the connection", g.name)
			}
		}
		testkit.MustEcho(t, c, 2, 4096)
		testkit.MustEcho(t, testkit.Dial(t, &Transport{}, srv), 3, 64)
		conn.Close()
		testkit.MustEcho(t, c, 4, 64)
	}
	if grown := peakMemory(t) - before; grown > 1<<30 {
		t.Errorf("the peak of the address space grew by %d MiB, want less than the 2 GiB that a message claimed to have", grown>>20)
	}
}

// A message without the delimiter, from a peer that has disconnected, makes a REP
// socket lose an answer. The caller gets an answer nevertheless.
func TestLostAnswer(t *testing.T) { eachKind(t, testLostAnswer) }

func testLostAnswer(t *testing.T, tr *Transport) {
	srv := echo.StartServer(t, tr)
	c := testkit.Dial(t, tr, srv)
	for range 50 { // an answer is lost only if the server reads the message after the connection has ended
		conn := testkit.DialTCP(t, srv)
		io.WriteString(conn, zmtp)
		if _, err := io.ReadFull(conn, make([]byte, 64+27)); err != nil { // the server's greeting and READY
			t.Fatal(err)
		}
		io.WriteString(conn, "\x00\x05hello")
		conn.Close()
	}
	testkit.MustEcho(t, c, 1, 64)
}

// peakMemory returns the largest address space that this process has had, in
// bytes. Go's statistics do not include C's allocations, and others do not include
// memory that was never touched. It returns 0 where there is no /proc.
func peakMemory(t *testing.T) (bytes int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kB int
		if _, err := fmt.Sscanf(line, "VmPeak: %d kB", &kB); err == nil {
			return kB << 10
		}
	}
	t.Fatal("no VmPeak in /proc/self/status")
	return 0
}
