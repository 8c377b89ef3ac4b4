package gorpcecho

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/payload"
	"github.com/valyala/gorpc"
)

func TestConformance(t *testing.T) {
	t.Run("OneConnection", func(t *testing.T) { echotest.TestTransport(t, &Transport{}) })
	t.Run("Conns", func(t *testing.T) { echotest.TestTransport(t, &Transport{Conns: 4}) })
	t.Run("Compress", func(t *testing.T) { echotest.TestTransport(t, &Transport{Compress: true, Conns: 2}) })
	t.Run("Each", func(t *testing.T) { echotest.TestTransport(t, &Transport{Conns: echo.Each}) })
	t.Run("FlushDelay", func(t *testing.T) { echotest.TestTransport(t, &Transport{FlushDelay: time.Millisecond}) })
	t.Run("TLS", func(t *testing.T) { echotest.TestTransport(t, &Transport{TLS: true, Conns: 2}) })
	t.Run("Unix", func(t *testing.T) { echotest.TestTransport(t, &Transport{Unix: true}) })
	t.Run("All", func(t *testing.T) {
		echotest.TestTransport(t, &Transport{Unix: true, TLS: true, Compress: true, FlushDelay: time.Microsecond, Conns: 3})
	})
	t.Run("SmallMaxSize", func(t *testing.T) { echotest.TestTransport(t, &Transport{MaxSize: 1}) })
}

// hang is longer than anything here takes.
const hang = 20 * time.Second

// within fails t if f does not return.
func within(t *testing.T, what string, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	return receive(t, what, done)
}

func receive[T any](t *testing.T, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(hang):
		t.Fatalf("%s: nothing within %v", what, hang)
	}
	return v
}

func mustDial(t *testing.T, tr *Transport, addr string) echo.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	c, err := tr.Dial(ctx, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := within(t, "Close", c.Close); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

// mustEcho makes a call that must succeed.
func mustEcho(t *testing.T, c echo.Client, id uint64, size int) {
	t.Helper()
	if err := echoN(t.Context(), c, id, size); err != nil {
		t.Fatal(err)
	}
}

func echoN(ctx context.Context, c echo.Client, id uint64, size int) error {
	ctx, cancel := context.WithTimeout(ctx, hang)
	defer cancel()
	req := &payload.Payload{Id: id, Data: payload.Body(size, id), Timestamp: 1}
	var reply payload.Payload
	if err := c.Echo(ctx, req, &reply); err != nil {
		return fmt.Errorf("Echo of id %d: %w", id, err)
	}
	if reply.Id != id || !bytes.Equal(reply.Data, req.Data) || reply.Timestamp <= 1 {
		return fmt.Errorf("the reply to id %d has id %d, %d bytes of %d and timestamp %d", id, reply.Id, len(reply.Data), size, reply.Timestamp)
	}
	return nil
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want string
	}{
		{&Transport{MaxSize: -1}, "MaxSize -1"},
		{&Transport{Conns: -2}, "Conns -2"},
		{&Transport{Conns: 1025}, "Conns 1025"},
		{&Transport{FlushDelay: -1}, "FlushDelay -1ns"},
		{&Transport{FlushDelay: time.Minute}, "FlushDelay 1m0s"},
	} {
		if _, err := c.tr.Listen(""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Listen with %s: error %v; want one that names it", c.want, err)
		}
		if _, err := c.tr.Dial(t.Context(), "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Dial with %s: error %v; want one that names it", c.want, err)
		}
	}
}

func TestListenAddressInUse(t *testing.T) {
	if _, err := new(Transport).Listen(StartServer(t)); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v; want one that matches EADDRINUSE", err)
	}
}

func TestDialNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	err = within(t, "Dial", func() error { _, err := Dial(context.Background(), l.Addr().String()); return err })
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v; want one that matches ECONNREFUSED", err)
	}
}

func (s *connSet) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// listenOpen starts a server that the test may look into.
func listenOpen(t *testing.T, tr *Transport) *server {
	t.Helper()
	srv, err := tr.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := within(t, "server's Close", srv.Close); err != nil {
			t.Errorf("server's Close: %v", err)
		}
		if n := srv.(*server).conns.len(); n != 0 {
			t.Errorf("%d connections outlived the server", n)
		}
	})
	return srv.(*server)
}

// All of a Client's connections are made by Dial, and no more later.
func TestConns(t *testing.T) {
	srv := listenOpen(t, &Transport{})
	for range 3 {
		c := mustDial(t, &Transport{Conns: 4}, srv.Addr())
		for i := range 100 {
			mustEcho(t, c, uint64(i), 64)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c := mustDial(t, &Transport{Conns: 4}, srv.Addr())
	mustEcho(t, c, 1, 64)
	if got := c.(*client).conns.len(); got != 4 {
		t.Errorf("%d connections of the client, want 4", got)
	}
	// The server may not have accepted the last, nor have noticed the end of the
	// first, but another twelve would be too many.
	if got := srv.conns.len(); got > 16 {
		t.Errorf("%d connections of the server, want no more than 16", got)
	}
}

// stock starts a server of gorpc's own, with its defaults.
func stock(t *testing.T, handler gorpc.HandlerFunc) (addr string, stop func()) {
	t.Helper()
	s := gorpc.NewTCPServer("127.0.0.1:0", handler)
	s.LogError = silent
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(s.Stop)
	t.Cleanup(stop)
	return s.Listener.ListenAddr().String(), stop
}

func stockAnswer(_ string, request any) any {
	return answer(request.([]byte), new(payload.Payload), 4<<20)
}

// The bytes on the wire are gorpc's, compressed or not.
func TestSpeaksToGorpc(t *testing.T) {
	addr, _ := stock(t, stockAnswer)
	for _, compress := range []bool{false, true} {
		c := mustDial(t, &Transport{Compress: compress}, addr)
		for _, size := range []int{0, 64, 4 << 10, 64 << 10, 1 << 20} {
			mustEcho(t, c, uint64(size), size)
		}
	}

	ours := StartServer(t)
	for _, compress := range []bool{false, true} {
		c := gorpc.NewTCPClient(ours)
		c.DisableCompression = !compress
		c.LogError = silent
		c.Start()
		for _, size := range []int{0, 64, 4 << 10, 64 << 10, 1 << 20} {
			req := &payload.Payload{Id: 9, Data: payload.Body(size, 1), Timestamp: 1}
			response, err := c.CallTimeout(encode(t, req), hang)
			if err != nil {
				t.Errorf("gorpc's client, compression %v, %d bytes: %v", compress, size, err)
				continue
			}
			if got, ok := response.([]byte); !ok || len(got) != len(encode(t, req)) {
				t.Errorf("gorpc's client, compression %v, %d bytes: response %.50v", compress, size, response)
			}
		}
		c.Stop()
	}
}

// A held server answers when told to.
type held struct {
	addr   string
	got    chan uint64 // the id of a request that came
	answer chan bool
	stop   func()
}

func startHeld(t *testing.T) *held {
	h := &held{got: make(chan uint64, 100), answer: make(chan bool)}
	h.addr, h.stop = stock(t, func(_ string, request any) any {
		var p payload.Payload
		response := answer(request.([]byte), &p, 4<<20)
		h.got <- p.Id
		<-h.answer
		return response
	})
	t.Cleanup(sync.OnceFunc(func() { close(h.answer) })) // before the server's stop
	return h
}

// A call that its context ended is nobody else's trouble, and its answer is
// nobody's.
func TestCancel(t *testing.T) {
	h := startHeld(t)
	c := mustDial(t, &Transport{}, h.addr)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-h.got
		cancel()
	}()
	if err := within(t, "Echo", func() error { return echoN(ctx, c, 1, 64) }); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v; want one that matches Canceled", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := within(t, "Echo", func() error { return echoN(short, c, 2, 64) }); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v; want one that matches DeadlineExceeded", err)
	}
	done := make(chan error, 1)
	go func() { done <- echoN(t.Context(), c, 3, 64) }()
	for receive(t, "the third request", h.got) != 3 {
	}
	go func() {
		for range 3 {
			select {
			case h.answer <- true:
			case <-time.After(hang):
			case <-t.Context().Done():
			}
		}
	}()
	if err := receive(t, "the third Echo", done); err != nil {
		t.Error(err)
	}
}

func TestCloseInFlight(t *testing.T) {
	h := startHeld(t)
	for _, conns := range []int{1, 3} {
		c := mustDial(t, &Transport{Conns: conns}, h.addr)
		done := make(chan error, 1)
		go func() { done <- echoN(t.Context(), c, 1, 64) }()
		receive(t, "the request", h.got)
		if err := within(t, "Close", c.Close); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := receive(t, "Echo", done); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Echo in flight: error %v; want one that matches net.ErrClosed", err)
		}
		if n := c.(*client).conns.len(); n != 0 {
			t.Errorf("%d connections outlived Close", n)
		}
	}
}

// The end of a connection ends every call, though their contexts do not end.
func TestServerGone(t *testing.T) {
	srv := listenOpen(t, &Transport{})
	c := mustDial(t, &Transport{Conns: 2}, srv.Addr())
	mustEcho(t, c, 1, 64)
	if err := within(t, "server's Close", srv.Close); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := within(t, "Echo", func() error { return c.Echo(context.Background(), &payload.Payload{}, new(payload.Payload)) })
		if err == nil || !strings.Contains(err.Error(), "connection lost") {
			t.Errorf("error %v; want one that says that the connection was lost", err)
		}
	}
	again, err := new(Transport).Listen(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	mustEcho(t, mustDial(t, &Transport{}, srv.Addr()), 2, 64)
}

func TestServerGoneInFlight(t *testing.T) {
	h := startHeld(t)
	c := mustDial(t, &Transport{}, h.addr)
	const calls = 10
	done := make(chan error, calls)
	for range calls {
		go func() { done <- c.Echo(context.Background(), &payload.Payload{Id: 1}, new(payload.Payload)) }()
	}
	for range calls {
		receive(t, "a request", h.got)
	}
	h.stop()
	for range calls {
		if err := receive(t, "Echo", done); err == nil {
			t.Error("an Echo in flight succeeded though its server is gone")
		}
	}
}

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
		client := mustDial(t, c.tr, StartServer(t))
		start := make(chan struct{})
		errs := make(chan error, callers)
		for i := range callers {
			go func() {
				<-start
				var err error
				for n := 0; n < 4 && err == nil; n++ {
					err = echoN(t.Context(), client, uint64(i<<8|n), c.size)
				}
				errs <- err
			}()
		}
		close(start)
		for range callers {
			if err := receive(t, "a caller", errs); err != nil {
				t.Errorf("%d callers, %d B: %v", callers, c.size, err)
			}
		}
	}
}

// One connection must not cost what gorpc's defaults do: 3.5 MB.
func TestMemoryPerConnection(t *testing.T) {
	const conns = 64
	for _, c := range []struct {
		compress bool
		most     int
	}{{false, 512 << 10}, {true, 4 << 20}} {
		before := heap()
		client := mustDial(t, &Transport{Conns: conns, Compress: c.compress}, StartServer(t))
		for i := range 10 * conns {
			mustEcho(t, client, uint64(i), 64)
		}
		got := (heap() - before) / conns
		t.Logf("compression %v: %d KiB a connection, both ends", c.compress, got>>10)
		if got > c.most {
			t.Errorf("compression %v: %d bytes of heap a connection, want no more than %d", c.compress, got, c.most)
		}
	}
}

func heap() int {
	runtime.GC()
	runtime.GC() // the first one empties pools into the second's hands
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestSmallerLimit(t *testing.T) {
	for _, compress := range []bool{false, true} {
		srv := echo.StartServer(t, &Transport{MaxSize: 1000})
		other := mustDial(t, &Transport{Compress: compress}, srv)
		c := mustDial(t, &Transport{Compress: compress}, srv)
		mustEcho(t, c, 1, 1000)
		// Over the server's limit of data, within its limit of the message.
		if err := echoN(t.Context(), c, 2, 1001); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("1001 bytes to a server with a limit of 1000: error %v; want one that matches ErrTooLarge", err)
		}
		mustEcho(t, c, 3, 1000)
		// Over both.
		if err := echoN(t.Context(), c, 4, 2000); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("2000 bytes to a server with a limit of 1000: error %v; want one that says that the server closed", err)
		}
		mustEcho(t, other, 5, 1000)
	}
}

func TestAnswerOverLimit(t *testing.T) {
	for _, size := range []int{1001, 5000} {
		addr, _ := stock(t, func(string, any) any {
			return encode(t, &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: 1})
		})
		c := mustDial(t, &Transport{MaxSize: 1000}, addr)
		if err := echoN(t.Context(), c, 1, 64); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("an answer of %d bytes, limit 1000: error %v; want one that matches ErrTooLarge", size, err)
		}
	}
}

// Answers that no server of this package gives are errors.
func TestForeignAnswers(t *testing.T) {
	for _, c := range []struct {
		answer any
		want   string
	}{
		{"a reason", "a reason"},
		{[]byte("garbage"), "not a Payload"},
		{nil, "connection lost"},
		{17, "connection lost"},
		{[]int{1, 2, 3}, "connection lost"},
	} {
		addr, _ := stock(t, func(string, any) any { return c.answer })
		err := echoN(t.Context(), mustDial(t, &Transport{}, addr), 1, 64)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("answer %v: error %v; want %q", c.answer, err, c.want)
		}
	}
	addr, _ := stock(t, func(string, any) any { panic("in the handler") })
	if err := echoN(t.Context(), mustDial(t, &Transport{}, addr), 1, 64); err == nil || !strings.Contains(err.Error(), "in the handler") {
		t.Errorf("a handler that panics: error %v; want its words", err)
	}
}

// Bytes that lie close their connection and allocate nothing to speak of.
func TestHostileBytes(t *testing.T) {
	const limit = 64 << 10
	srv := echo.StartServer(t, &Transport{MaxSize: limit})
	c := mustDial(t, &Transport{MaxSize: limit}, srv)
	mustEcho(t, c, 1, 64)
	millions := make([]int, limit/16)
	for i := range millions {
		millions[i] = i
	}
	bomb := gobStream(t, wireRequest{1, make([]byte, 64<<20)})
	for _, b := range []struct {
		name   string
		bytes  []byte
		closes bool
	}{
		{"nothing", nil, false},
		{"half a handshake of compression", []byte{1}, false},
		{"an unknown handshake", []byte{2, 0, 0}, true},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), true},
		{"a length of 1 GiB less a byte", []byte("\x00\xfc\x3f\xff\xff\xff"), true},
		{"that, compressed", append([]byte{1}, deflated(t, []byte("\xfc\x3f\xff\xff\xff"))...), true},
		{"not DEFLATE", append([]byte{1}, payload.Body(1000, 1)...), true},
		{"64 MiB of zeros in 64 KiB", append([]byte{1}, deflated(t, bomb)...), true},
		{"a slice of a quarter of a billion, they say", append([]byte{0}, lyingSlice(t)...), true},
		{"a slice of thousands", append([]byte{0}, gobStream(t, wireRequest{1, millions})...), true},
		{"a truncated request", append([]byte{0}, gobStream(t, wireRequest{1, make([]byte, 1000)})[:500]...), false},
	} {
		before := allocated()
		conn, err := net.Dial("tcp", srv)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(hang))
		conn.Write(b.bytes) // may fail: the server may have closed already
		if b.closes {
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
				t.Errorf("%s: the server did not close the connection", b.name)
			}
		}
		mustEcho(t, c, 2, 64)
		conn.Close()
		mustEcho(t, c, 3, 64)
		if got := allocated() - before; got > 2<<20 { // most of it is compression's own
			t.Errorf("%s: %d bytes were allocated, with a limit of %d", b.name, got, limit)
		}
	}
}

// lyingSlice is a request of an []int that says that it has 2^28-1 elements; gob
// would make room for 10 MiB of them.
func lyingSlice(t testing.TB) []byte {
	stream := gobStream(t, wireRequest{1, []int{7}})
	last := 0 // message: a length of one byte, as all are here
	for next := 0; next < len(stream); next += 1 + int(stream[next]) {
		last = next
	}
	honest := []byte{1, 7 << 1, 0} // one element, and the end of wireRequest
	if !bytes.HasSuffix(stream, honest) {
		t.Fatalf("stream %x does not end in %x", stream, honest)
	}
	stream[last] += 4
	return append(bytes.TrimSuffix(stream, honest), 0xfc, 0x0f, 0xff, 0xff, 0xff, 7<<1, 0)
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Whoever closes first, and however often, nothing hangs and nothing is left.
func TestCloseAnyOrder(t *testing.T) {
	for i := range 20 {
		tr := &Transport{Conns: 1 + i%3, Compress: i%5 == 0}
		srv := listenOpen(t, tr)
		c := mustDial(t, tr, srv.Addr())
		var running sync.WaitGroup
		for range 8 {
			running.Go(func() {
				for n := 0; echoN(context.Background(), c, uint64(n), 1000) == nil; n++ {
				}
			})
		}
		mustDial(t, tr, srv.Addr()).Close() // at once
		closers := []func() error{c.Close, srv.Close, c.Close, srv.Close}
		if i%2 == 1 {
			closers[0], closers[1] = closers[1], closers[0]
		}
		for _, f := range closers {
			if err := within(t, "Close", f); err != nil {
				t.Error(err)
			}
		}
		if err := within(t, "the callers", func() error { running.Wait(); return nil }); err != nil {
			t.Error(err)
		}
	}
}
