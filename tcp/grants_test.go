package tcp

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// An announcer is a client that does by hand what announcing does.
type announcer struct {
	*testing.T
	net.Conn
}

func announcerTo(t *testing.T, addr string) announcer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return announcer{t, conn}
}

func (a announcer) announce(n int) {
	a.Helper()
	if _, err := a.Write(binary.BigEndian.AppendUint32(nil, announced|uint32(n))); err != nil {
		a.Fatal(err)
	}
}

func (a announcer) awaitGrant(n int) {
	a.Helper()
	var b [header]byte
	if _, err := io.ReadFull(a, b[:]); err != nil {
		a.Fatalf("waiting for a grant: %v", err)
	}
	if got := binary.BigEndian.Uint32(b[:]); got != announced|uint32(n) {
		a.Fatalf("%#x, want a grant for %d bytes", got, n)
	}
}

// finish sends a message that was granted and reads its reply.
func (a announcer) finish(message []byte) {
	a.Helper()
	if _, err := a.Write(message); err != nil {
		a.Fatal(err)
	}
	if _, err := io.ReadFull(a, make([]byte, len(message))); err != nil {
		a.Fatalf("waiting for a reply: %v", err)
	}
}

func large(t *testing.T) (message []byte, n int) {
	message = appendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(8<<10, 1), Timestamp: 1})
	return message, len(message) - header
}

// Large messages wait for each other; small ones pass.
func TestGrants(t *testing.T) {
	addr := echo.StartServer(t, &Transport{Grants: 1})
	message, n := large(t)
	first, second := announcerTo(t, addr), announcerTo(t, addr)
	first.announce(n)
	first.awaitGrant(n)
	second.announce(n)
	c := dial(t, &Transport{Grants: 1}, addr)
	for range 10 {
		if _, err := echoN(t, c, unscheduled-payload.Overhead); err != nil {
			t.Fatalf("a small message while others wait: %v", err)
		}
	}
	second.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if got, err := second.Read(make([]byte, 1)); err == nil {
		t.Fatalf("%d bytes while the only grant is another's", got)
	}
	second.SetReadDeadline(time.Now().Add(10 * time.Second))
	first.finish(message)
	second.awaitGrant(n)
	second.finish(message)
}

// Neither who hangs up with a grant nor who stalls keeps it; the latter may
// still send.
func TestGrantTakenBack(t *testing.T) {
	addr := echo.StartServer(t, &Transport{Grants: 1})
	message, n := large(t)
	dead, stalled, last := announcerTo(t, addr), announcerTo(t, addr), announcerTo(t, addr)
	dead.announce(n)
	dead.awaitGrant(n)
	dead.Write(message[:100])
	stalled.announce(n)
	dead.Close()
	stalled.awaitGrant(n)
	last.announce(n)
	last.awaitGrant(n) // after stallLimit
	last.finish(message)
	stalled.finish(message)
	if _, err := echoN(t, dial(t, &Transport{Grants: 1}, addr), 64<<10); err != nil {
		t.Error(err)
	}
}

// Everyone who waits gets a grant, and never two at a time have one.
func TestGrantsOneAtATime(t *testing.T) {
	const clients = 10
	g := newGate(1)
	g.granted <- struct{}{}
	addr := serve(t, func(conn net.Conn) { g.answer(newCodec(conn, 1<<20)) })
	message, n := large(t)
	var all []announcer
	for range clients {
		all = append(all, announcerTo(t, addr))
	}
	for _, a := range all {
		a.announce(n)
	}
	<-g.granted
	// Each gets its grant only after another has finished.
	order := make(chan int, clients)
	for i, a := range all {
		go func() {
			var b [header]byte
			io.ReadFull(a, b[:])
			order <- i
		}()
	}
	for range clients {
		select {
		case i := <-order:
			if len(order) != 0 {
				t.Fatal("two grants at a time")
			}
			all[i].finish(message)
		case <-soon(t).Done():
			t.Fatal("no grant")
		}
	}
}

// A server refuses what was not granted.
func TestGrantsRefused(t *testing.T) {
	addr := echo.StartServer(t, &Transport{Grants: 1, MaxSize: 16 << 10})
	message, n := large(t)
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
		a := announcerTo(t, addr)
		send(a)
		if got, err := io.Copy(io.Discard, a); got != 0 || isTimeout(err) {
			t.Errorf("%s: %d bytes, %v; want that the connection is closed", name, got, err)
		}
	}
	if _, err := echoN(t, dial(t, &Transport{Grants: 1}, addr), 16<<10); err != nil {
		t.Errorf("Echo after all that: %v", err)
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
