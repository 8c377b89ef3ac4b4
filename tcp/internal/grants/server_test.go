package grants

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// An announcer is a client that performs each step of clientCodec separately.
type announcer struct {
	*testing.T
	net.Conn
}

func dialAnnouncer(t *testing.T, addr string) announcer {
	t.Helper()
	return announcer{t, testkit.DialTCP(t, addr)}
}

func (a announcer) announce(n int) {
	a.Helper()
	if _, err := a.Write(binary.BigEndian.AppendUint32(nil, announced|uint32(n))); err != nil {
		a.Fatal(err)
	}
}

func (a announcer) awaitGrant(n int) {
	a.Helper()
	var b [stream.FrameHeader]byte
	if _, err := io.ReadFull(a, b[:]); err != nil {
		a.Fatalf("waiting for a grant: %v", err)
	}
	if got := binary.BigEndian.Uint32(b[:]); got != announced|uint32(n) {
		a.Fatalf("received %#x, want a grant for %d bytes", got, n)
	}
}

// finish sends a message for which there is a grant and reads the reply.
func (a announcer) finish(message []byte) {
	a.Helper()
	if _, err := a.Write(message); err != nil {
		a.Fatal(err)
	}
	if _, err := io.ReadFull(a, make([]byte, len(message))); err != nil {
		a.Fatalf("waiting for a reply: %v", err)
	}
}

// largeMessage returns a frame that needs a grant, and the length of its message.
func largeMessage() (frame []byte, n int) {
	frame = stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(8<<10, 1), Timestamp: 1})
	return frame, len(frame) - stream.FrameHeader
}

// newPatientServer returns a Server with one grant, which does not stall during a test.
func newPatientServer(progress *inprogress.Limit) *Server {
	s := NewServer(1, 1<<20, progress)
	s.stall = time.Hour
	return s
}

// serve starts a server that answers with s, for as long as t runs.
func (s *Server) serve(t *testing.T) (addr string) {
	t.Helper()
	addr = testkit.Serve(t, func(conn net.Conn) { s.Answer(conn, nil) })
	t.Cleanup(s.Close) // first, because the server waits for Answer
	return addr
}

// dial connects a client that waits for grants to the server at addr.
func dial(t *testing.T, addr string) *stream.Client {
	t.Helper()
	conn := testkit.DialTCP(t, addr)
	c := stream.NewClient("tcp", conn, NewClientCodec(conn, 1<<20, new(Buffers)), 1<<20)
	t.Cleanup(func() { c.Close() })
	return c
}

// Large messages wait for each other, and small ones do not wait.
func TestGrants(t *testing.T) {
	addr := newPatientServer(nil).serve(t)
	message, n := largeMessage()
	first, second := dialAnnouncer(t, addr), dialAnnouncer(t, addr)
	first.announce(n)
	first.awaitGrant(n)
	second.announce(n)
	c := dial(t, addr)
	for id := range uint64(10) {
		if err := testkit.Echo(t.Context(), c, id, MaxUnannounced-payload.Overhead); err != nil {
			t.Fatalf("a small message while others wait: %v", err)
		}
	}
	second.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if got, err := second.Read(make([]byte, 1)); err == nil {
		t.Fatalf("received %d bytes while another client holds the only grant", got)
	}
	second.SetReadDeadline(time.Now().Add(testkit.Hang))
	first.finish(message)
	second.awaitGrant(n)
	second.finish(message)
}

// A client that closes its connection loses its grant, and so does a client that
// stalls, which may still send its message.
func TestGrantIsReleased(t *testing.T) {
	addr := NewServer(1, 1<<20, nil).serve(t)
	message, n := largeMessage()
	dead, stalled, last := dialAnnouncer(t, addr), dialAnnouncer(t, addr), dialAnnouncer(t, addr)
	dead.announce(n)
	dead.awaitGrant(n)
	dead.Write(message[:100])
	stalled.announce(n)
	dead.Close()
	stalled.awaitGrant(n)
	last.announce(n)
	last.awaitGrant(n) // after stallTimeout
	last.finish(message)
	stalled.finish(message)
	testkit.MustEcho(t, dial(t, addr), 7, 64<<10)
}

// A timer of an earlier grant may call abandon late, when the connection has another
// grant and another request in progress. They must not end.
func TestLateTimerOfAnEarlierGrant(t *testing.T) {
	progress := inprogress.New(1)
	s := newPatientServer(progress)
	c := s.newCodec(new(testkit.Wire), nil)
	for range 2 {
		c.release()
		if !c.begin() {
			t.Fatal("a request was refused")
		}
		if err := c.acquire(); err != nil {
			t.Fatal(err)
		}
	}
	c.abandon() // as the timer of the first grant calls it
	if held, n := len(s.granted), progress.Len(); held != 1 || n != 1 {
		t.Errorf("%d grants are held and %d requests are in progress, want 1 and 1", held, n)
	}
	c.release()
	if held, n := len(s.granted), progress.Len(); held != 0 || n != 0 {
		t.Errorf("%d grants are held and %d requests are in progress after the release, want none", held, n)
	}
}

// Every client that waits gets a grant, but never two at the same time.
func TestGrantsOneAtATime(t *testing.T) {
	const clients = 10
	s := newPatientServer(nil)
	s.granted <- struct{}{}
	addr := s.serve(t)
	message, n := largeMessage()
	var all []announcer
	for range clients {
		all = append(all, dialAnnouncer(t, addr))
	}
	for _, a := range all {
		a.announce(n)
	}
	<-s.granted
	// Each client gets its grant only after another has finished.
	order := make(chan int, clients)
	for i, a := range all {
		go func() {
			var b [stream.FrameHeader]byte
			io.ReadFull(a, b[:])
			order <- i
		}()
	}
	for range clients {
		i := testkit.Receive(t, "the next grant", order)
		if len(order) != 0 {
			t.Fatal("two clients have a grant at the same time")
		}
		all[i].finish(message)
	}
}

// A server closes the connection of a client that breaks the rules.
func TestGrantsRejects(t *testing.T) {
	addr := NewServer(1, 16<<10, nil).serve(t)
	message, n := largeMessage()
	for name, send := range map[string]func(a announcer){
		"without a grant":          func(a announcer) { a.Write(message) },
		"announced over the limit": func(a announcer) { a.announce(16<<10 + payload.Overhead + 1) },
		"longer than granted": func(a announcer) {
			a.announce(n - 1)
			a.awaitGrant(n - 1)
			a.Write(message)
		},
		"announced twice": func(a announcer) {
			a.announce(n)
			a.awaitGrant(n)
			a.announce(n)
		},
	} {
		a := dialAnnouncer(t, addr)
		send(a)
		if got, err := io.Copy(io.Discard, a); got != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: received %d bytes, %v; want that the connection is closed", name, got, err)
		}
	}
	if err := testkit.Echo(t.Context(), dial(t, addr), 7, 16<<10); err != nil {
		t.Errorf("Echo after the rejected messages: %v", err)
	}
}

// A client that has announced a message and stalls does not make the server refuse
// the messages of others for long.
func TestRefuseForgetsStalledGrants(t *testing.T) {
	addr := NewServer(1, 1<<20, inprogress.New(1)).serve(t)
	_, n := largeMessage()
	stalled := dialAnnouncer(t, addr)
	stalled.announce(n)
	stalled.awaitGrant(n)
	client := dial(t, addr)
	ctx := testkit.Context(t)
	for {
		err := client.Echo(ctx, &payload.Payload{Data: make([]byte, 8<<10)}, new(payload.Payload))
		if err == nil {
			return
		}
		if !errors.Is(err, echo.ErrRefused) {
			t.Fatalf("Echo while another client stalls: error %v, want echo.ErrRefused at most", err)
		}
	}
}

// A request that ends its connection is no longer in progress.
func TestRefuseForgetsBrokenConnections(t *testing.T) {
	progress := inprogress.New(5)
	conn := &testkit.Wire{Reader: bytes.NewReader([]byte{0x80, 0, 0, 100})} // an announcement and nothing else
	NewServer(1, 1<<10, progress).Answer(conn, nil)
	if written, n := conn.Written.Len(), progress.Len(); written != stream.FrameHeader || n != 0 {
		t.Errorf("%d bytes written, want the grant of %d; %d requests in progress after the connection has ended, want none", written, stream.FrameHeader, n)
	}
}
