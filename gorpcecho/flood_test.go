package gorpcecho

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/conns"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// A flooder is a client that sends requests and does not read the answers.
type flooder struct {
	conn *clientConn
	sent atomic.Int64 // requests that have been written
	done chan error   // receives the error of the writes, or nil
}

// flood sends n equal requests with size bytes of data, and returns when the server
// has not taken any for a quarter of a second, or has taken all.
func flood(t *testing.T, tr *Transport, addr string, size, n int) *flooder {
	t.Helper()
	var set conns.Set
	s, err := tr.connect(testkit.Context(t), addr, &set)
	if err != nil {
		t.Fatal(err)
	}
	f := &flooder{conn: newClientConn(s, tr.Compress, 4<<20, func(int) {}, func(error) {}), done: make(chan error, 1)}
	r := wireRequest{1, testkit.Encode(t, &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: 1})}
	first := gobStream(t, r)
	next := gobStream(t, r, r)[len(first):]
	var sending sync.WaitGroup
	sending.Go(func() { f.done <- f.send(first, next, n) })
	t.Cleanup(func() {
		set.Close()
		sending.Wait()
	})
	for before := int64(-1); f.sent.Load() != before; time.Sleep(250 * time.Millisecond) {
		before = f.sent.Load()
	}
	return f
}

// send writes the handshake, the first request, and next n-1 times.
func (f *flooder) send(first, next []byte, n int) error {
	for _, b := range [][]byte{{plain}, first} {
		if _, err := f.conn.Write(b); err != nil {
			return err
		}
	}
	some := max(1, buffer/len(next)) // in one write
	many := bytes.Repeat(next, some)
	for sent := 1; sent < n; sent += some {
		f.sent.Store(int64(sent))
		some = min(some, n-sent)
		if _, err := f.conn.Write(many[:some*len(next)]); err != nil {
			return err
		}
	}
	f.sent.Store(int64(n))
	return nil
}

// A client that never reads its answers does not stop others, and makes the server
// hold no more memory than its settings say.
func TestNeverReads(t *testing.T) {
	for _, c := range []struct {
		name string
		tr   *Transport
		size int
	}{
		{"empty", &Transport{}, 0},
		{"64B", &Transport{}, 64},
		{"4KiB", &Transport{}, 4 << 10},
		{"4MiB", &Transport{}, 4 << 20},
		{"each", &Transport{Conns: echo.Each}, 64 << 10},
		{"flush", &Transport{FlushDelay: time.Millisecond}, 4 << 10},
		{"compress", &Transport{Compress: true}, 64 << 10},
		{"tls", &Transport{TLS: true}, 64 << 10},
		{"unix", &Transport{Unix: true}, 64 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := listen(t, c.tr)
			other := testkit.Dial(t, c.tr, srv.Addr())
			testkit.MustEcho(t, other, 1, 64)
			before := heap()
			n := 128 << 20 / (c.size + payload.Overhead)
			f := flood(t, c.tr, srv.Addr(), c.size, n)
			sent, held := int(f.sent.Load()), heap()-before
			t.Logf("the server stopped reading after %d requests, and %d KiB are held", sent, held>>10)
			if sent == n {
				t.Errorf("the server read %d requests of %d bytes from a client that does not read", n, c.size)
			}
			if limit := c.tr.connMemory(4<<20) + 4*max(c.size, buffer); held > limit { // the client holds copies of its request
				t.Errorf("%d bytes are held, want at most the %d that the settings say", held, limit)
			}
			testkit.MustEcho(t, other, 2, 64)
			testkit.MustEcho(t, testkit.Dial(t, c.tr, srv.Addr()), 3, 64)
			f.conn.Close()
			awaitConns(t, srv, 2)
		})
	}
}

// awaitConns waits until the server has n connections.
func awaitConns(t *testing.T, srv *server, n int) {
	t.Helper()
	deadline := time.Now().Add(testkit.Hang)
	for srv.listener.Conns.Len() != n {
		if time.Now().After(deadline) {
			t.Fatalf("the server has %d connections, want %d", srv.listener.Conns.Len(), n)
		}
		time.Sleep(time.Millisecond)
	}
}

// The server answers every request of a client that begins to read late.
func TestReadsLate(t *testing.T) {
	addr := StartServer(t)
	for size, n := range map[int]int{64: 150_000, 4 << 10: 6000, 4 << 20: 6} {
		f := flood(t, &Transport{}, addr, size, n)
		if int(f.sent.Load()) == n {
			t.Errorf("the server read %d requests of %d bytes from a client that does not read", n, size)
		}
		d := gob.NewDecoder(bufio.NewReader(f.conn))
		for i := range n {
			var r wireResponse
			f.conn.SetReadDeadline(time.Now().Add(testkit.Hang))
			if err := d.Decode(&r); err != nil || r.ID != 1 {
				t.Fatalf("answer %d of %d to requests of %d bytes: ID %d, error %v", i+1, n, size, r.ID, err)
			}
		}
		if err := testkit.Receive(t, "the end of the requests", f.done); err != nil {
			t.Error(err)
		}
	}
}

// Close returns although a client does not read.
func TestCloseWhileFull(t *testing.T) {
	srv := listen(t, &Transport{})
	flood(t, &Transport{}, srv.Addr(), 64, 1<<20)
	if err := testkit.Within(t, "Close", srv.Close); err != nil {
		t.Error(err)
	}
}
