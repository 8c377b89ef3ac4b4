//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/payload"
	"github.com/pebbe/zmq4"
)

func TestConformance(t *testing.T) {
	t.Run("REP", func(t *testing.T) { echotest.TestTransport(t, &Transport{}) })
	t.Run("Workers", func(t *testing.T) { echotest.TestTransport(t, &Transport{Workers: 16}) })
	t.Run("WorkersIPC", func(t *testing.T) { echotest.TestTransport(t, &Transport{Workers: 4, WorkersIPC: true}) })
	t.Run("Conns", func(t *testing.T) { echotest.TestTransport(t, &Transport{Conns: 1}) })
	t.Run("ConnsWorkers", func(t *testing.T) { echotest.TestTransport(t, &Transport{Conns: 4, Workers: 4}) })
	t.Run("Each", func(t *testing.T) { echotest.TestTransport(t, &Transport{Conns: echo.Each}) })
	t.Run("Poll", func(t *testing.T) { echotest.TestTransport(t, &Transport{Poll: true}) })
	t.Run("SmallMaxSize", func(t *testing.T) { echotest.TestTransport(t, &Transport{MaxSize: 1000}) })
	t.Run("SmallMaxSizeConns", func(t *testing.T) { echotest.TestTransport(t, &Transport{MaxSize: 1, Conns: 1}) })
}

// hang is longer than anything here takes.
const hang = 20 * time.Second

// within fails t if f does not return.
func within(t *testing.T, what string, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(hang):
		t.Fatalf("%s: no return within %v", what, hang)
		return nil
	}
}

// eachKind runs f as a subtest for each kind of Client, with a new Transport.
func eachKind(t *testing.T, f func(t *testing.T, tr *Transport)) {
	t.Run("blocking", func(t *testing.T) { f(t, &Transport{}) })
	t.Run("polled", func(t *testing.T) { f(t, &Transport{Poll: true}) })
	t.Run("shared", func(t *testing.T) { f(t, &Transport{Conns: 1}) })
}

// eachServer does so on each kind of server.
func eachServer(t *testing.T, f func(t *testing.T, tr *Transport)) {
	t.Run("REP", func(t *testing.T) { eachKind(t, f) })
	t.Run("workers", func(t *testing.T) {
		eachKind(t, func(t *testing.T, tr *Transport) {
			tr.Workers = 3
			f(t, tr)
		})
	})
	t.Run("ipcCurve", func(t *testing.T) {
		eachKind(t, func(t *testing.T, tr *Transport) {
			tr.Workers, tr.WorkersIPC, tr.Curve = 3, true, true
			f(t, tr)
		})
	})
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
	if reply.Id != id || string(reply.Data) != string(req.Data) || reply.Timestamp == 0 {
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
		{&Transport{Workers: -1}, "Workers -1"},
		{&Transport{Workers: 1025}, "Workers 1025"},
		{&Transport{WorkersIPC: true}, "WorkersIPC"},
		{&Transport{Conns: -2}, "Conns -2"},
		{&Transport{Conns: 1025}, "Conns 1025"},
		{&Transport{Conns: 3, Poll: true}, "Conns 3"},
	} {
		if _, err := c.tr.Listen(""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Listen with %s: error %v; want one that names it", c.want, err)
		}
		if _, err := c.tr.Dial(t.Context(), "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Dial with %s: error %v; want one that names it", c.want, err)
		}
	}
}

func TestListenAddress(t *testing.T) {
	for _, addr := range []string{"", ":0", "127.0.0.1:0", "localhost:0"} {
		srv, err := new(Transport).Listen(addr)
		if err != nil {
			t.Errorf("Listen(%q): %v", addr, err)
			continue
		}
		if host, port, err := net.SplitHostPort(srv.Addr()); err != nil || host != "127.0.0.1" || port == "0" {
			t.Errorf("Listen(%q): Addr() = %q; want a port of 127.0.0.1", addr, srv.Addr())
		}
		srv.Close()
	}
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:70000", "192.0.2.1:0"} { // the last is nobody's address
		if srv, err := new(Transport).Listen(addr); err == nil {
			t.Errorf("Listen(%q) succeeded at %s", addr, srv.Addr())
			srv.Close()
		}
	}
	if _, err := new(Transport).Listen(StartServer(t)); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Listen on an address in use: error %v; want one that matches EADDRINUSE", err)
	}
}

func TestIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skipf("no IPv6 here: %v", err)
	} else {
		l.Close()
	}
	tr := &Transport{}
	srv, err := tr.Listen("[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	mustEcho(t, mustDial(t, tr, srv.Addr()), 1, 64)
}

// listener starts a server of connections that are not ZeroMQ's.
func listener(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			running.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return l.Addr().String()
}

// Dial must not succeed before the peer has proved that it speaks ZMTP.
func TestDialReachesAServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	for _, c := range []struct {
		name, addr string
		want       string
	}{
		{"nobody", nobody, "nobody accepts a connection"},
		{"closes", listener(t, func(conn net.Conn) { conn.Close() }), "ZMTP handshake"},
		{"speaks HTTP", listener(t, func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			conn.Close()
		}), "ZMTP handshake"},
	} {
		err := within(t, c.name, func() error {
			_, err := Dial(t.Context(), c.addr)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.addr) {
			t.Errorf("%s: error %v; want %q and the address", c.name, err, c.want)
		}
	}
	silent := listener(t, func(net.Conn) {})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := within(t, "silent", func() error { _, err := Dial(ctx, silent); return err }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent listener: error %v; want one that matches DeadlineExceeded", err)
	}
}

// A mute server takes requests and answers when told to.
type mute struct {
	addr   string
	got    chan string // a request came
	answer chan []byte // answer the oldest with this, or with itself if nil
	stop   func()      // end the server; it is safe to do so twice
}

func startMute(t *testing.T) *mute {
	t.Helper()
	z, err := zmq4.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := z.NewSocket(zmq4.ROUTER)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.SetLinger(0), s.SetRcvtimeo(10*time.Millisecond), s.Bind("tcp://127.0.0.1:*")); err != nil {
		t.Fatal(err)
	}
	endpoint, err := s.GetLastEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	m := &mute{addr: address(endpoint), got: make(chan string, 16), answer: make(chan []byte)}
	stop := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		defer s.Close()
		var requests [][][]byte
		for {
			if parts, err := s.RecvMessageBytes(0); err == nil {
				requests = append(requests, parts)
				m.got <- string(parts[len(parts)-1])
			} else if !again(err) {
				return
			}
			select {
			case answer := <-m.answer:
				oldest := requests[0]
				if answer != nil {
					oldest[len(oldest)-1] = answer
				}
				s.SendMessage(oldest)
				requests = requests[1:]
			case <-stop:
				return
			default:
			}
		}
	})
	m.stop = sync.OnceFunc(func() {
		close(stop)
		running.Wait()
		z.Term()
	})
	t.Cleanup(m.stop)
	return m
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

func send[T any](t *testing.T, what string, ch chan<- T, v T) {
	t.Helper()
	select {
	case ch <- v:
	case <-time.After(hang):
		t.Fatalf("%s: not taken within %v", what, hang)
	}
}

// A call whose context ended leaves the client usable, and the answer that came
// too late is nobody's.
func TestNoStaleReply(t *testing.T) { eachKind(t, testNoStaleReply) }

func testNoStaleReply(t *testing.T, tr *Transport) {
	m := startMute(t)
	c := mustDial(t, tr, m.addr)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-m.got
		cancel()
	}()
	if err := within(t, "Echo", func() error { return echoN(ctx, c, 1, 64) }); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v; want one that matches Canceled", err)
	}
	done := make(chan error, 1)
	go func() { done <- echoN(t.Context(), c, 2, 64) }()
	receive(t, "the second request", m.got)
	send(t, "the answer to the first", m.answer, nil)
	send(t, "the answer to the second", m.answer, nil)
	if err := receive(t, "the second Echo", done); err != nil {
		t.Error(err)
	}
}

func TestDeadline(t *testing.T) { eachKind(t, testDeadline) }

func testDeadline(t *testing.T, tr *Transport) {
	c := mustDial(t, tr, startMute(t).addr)
	for _, wait := range []time.Duration{0, time.Millisecond, 80 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		if err := within(t, "Echo", func() error { return echoN(ctx, c, 1, 64) }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("deadline in %v: error %v; want one that matches DeadlineExceeded", wait, err)
		}
	}
}

// Close must leave the socket to the call in flight, and wait for it.
func TestCloseInFlight(t *testing.T) { eachKind(t, testCloseInFlight) }

func testCloseInFlight(t *testing.T, tr *Transport) {
	m := startMute(t)
	c := mustDial(t, tr, m.addr)
	done := make(chan error, 1)
	go func() { done <- echoN(t.Context(), c, 1, 64) }()
	receive(t, "the request", m.got)
	if err := within(t, "Close", c.Close); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := receive(t, "Echo", done); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Echo: error %v; want one that matches net.ErrClosed", err)
	}
	if c, ok := c.(*client); ok && c.conn != nil {
		t.Error("the socket outlived Close")
	}
}

func TestServerGone(t *testing.T) { eachServer(t, testServerGone) }

func testServerGone(t *testing.T, tr *Transport) {
	srv, err := tr.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	idle := mustDial(t, tr, srv.Addr())
	mustEcho(t, idle, 1, 64)
	if err := within(t, "server's Close", srv.Close); err != nil {
		t.Fatal(err)
	}
	if err := within(t, "Echo", func() error { return idle.Echo(context.Background(), &payload.Payload{Id: 2}, new(payload.Payload)) }); err == nil {
		t.Error("an Echo to a server that is gone succeeded")
	}
	again, err := tr.Listen(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if tr.Conns == 0 {
		mustEcho(t, idle, 3, 64)
	} else if err := within(t, "Echo", func() error { return echoN(t.Context(), idle, 3, 64) }); err == nil || !strings.Contains(err.Error(), "connection lost") {
		t.Errorf("a shared Client whose connection ended: error %v; want one that says so", err)
	}
	mustEcho(t, mustDial(t, tr, srv.Addr()), 4, 64)
	if err := within(t, "server's Close", again.Close); err != nil {
		t.Error(err)
	}
}

// A call in flight ends when its server does, though its context does not.
func TestServerGoneInFlight(t *testing.T) { eachKind(t, testServerGoneInFlight) }

func testServerGoneInFlight(t *testing.T, tr *Transport) {
	m := startMute(t)
	c := mustDial(t, tr, m.addr)
	done := make(chan error, 1)
	go func() { done <- c.Echo(context.Background(), &payload.Payload{Id: 1}, new(payload.Payload)) }()
	receive(t, "the request", m.got)
	m.stop()
	if err := receive(t, "Echo", done); err == nil || !strings.Contains(err.Error(), "connection lost") {
		t.Errorf("error %v; want one that says that the connection was lost", err)
	}
}

func TestSmallerLimit(t *testing.T) { eachServer(t, testSmallerLimit) }

func testSmallerLimit(t *testing.T, small *Transport) {
	small.MaxSize = 1000
	srv := echo.StartServer(t, small)
	large := &Transport{Poll: small.Poll, Conns: small.Conns, Curve: small.Curve}
	c := mustDial(t, large, srv)
	other := mustDial(t, large, srv)
	mustEcho(t, c, 1, 1000)
	// Over the server's limit of data, within its limit of the message.
	over := &payload.Payload{Data: payload.Body(1001, 1)}
	if err := within(t, "Echo", func() error { return c.Echo(context.Background(), over, new(payload.Payload)) }); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("1001 bytes to a server with a limit of 1000: error %v; want one that says that it refused", err)
	}
	mustEcho(t, c, 2, 1000)
	// Over both.
	if err := within(t, "Echo", func() error {
		return c.Echo(context.Background(), &payload.Payload{Data: payload.Body(2000, 1)}, new(payload.Payload))
	}); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("2000 bytes to a server with a limit of 1000: error %v; want one that names the limit", err)
	}
	if small.Conns == 0 {
		mustEcho(t, c, 3, 1000)
	}
	mustEcho(t, other, 4, 1000)
}

// A server that answers more than the client takes.
func TestAnswerOverLimit(t *testing.T) { eachKind(t, testAnswerOverLimit) }

func testAnswerOverLimit(t *testing.T, tr *Transport) {
	tr.MaxSize = 100
	for _, c := range []struct {
		size int
		want string
	}{
		{101, "limit of 100B"},    // the message is within the limit, its data is not
		{1000, "connection lost"}, // the message is not
	} {
		m := startMute(t)
		client := mustDial(t, tr, m.addr)
		done := make(chan error, 1)
		go func() { done <- echoN(t.Context(), client, 1, 1) }()
		receive(t, "the request", m.got)
		send(t, "the answer", m.answer, encode(t, &payload.Payload{Id: 1, Data: payload.Body(c.size, 1), Timestamp: 1}))
		if err := receive(t, "Echo", done); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("an answer of %d bytes of data, limit 100: error %v; want %q", c.size, err, c.want)
		}
	}
}

// What no Client of this package sends.
func TestForeignRequests(t *testing.T) {
	whole := string(encode(t, &payload.Payload{Id: 5, Data: []byte("x")}))
	for _, workers := range []int{0, 2} {
		srv := echo.StartServer(t, &Transport{Workers: workers})
		z, err := zmq4.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		s, err := z.NewSocket(zmq4.REQ)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.SetLinger(0), s.SetRcvtimeo(hang), s.Connect("tcp://"+srv)); err != nil {
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
				t.Errorf("workers %d, %s: answer %q, error %v; empty: want %v", workers, c.name, got, err, c.empty)
			}
		}
		s.Close()
		z.Term()
	}
}

// zmtp is what a REQ sends first: a ZMTP 3.0 greeting without security, 64 bytes,
// and a READY command.
var zmtp = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + "\x03\x00" + pad("NULL", 20) + pad("", 1+31) +
	"\x04\x26\x05READY" + "\x0bSocket-Type\x00\x00\x00\x03REQ" + "\x08Identity\x00\x00\x00\x00"

func pad(s string, n int) string { return s + strings.Repeat("\x00", n-len(s)) }

// Bytes that are not ZMTP, or lie about a length, are libzmq's to refuse: it
// closes that connection and allocates nothing for it.
func TestGarbage(t *testing.T) {
	for _, workers := range []int{0, 2} {
		srv := echo.StartServer(t, &Transport{Workers: workers})
		c := mustDial(t, &Transport{}, srv)
		mustEcho(t, c, 1, 64)
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
			{"a message of 2 GiB, they say", zmtp + "\x01\x00\x02\x00\x00\x00\x00\x80\x00\x00\x00", true},
			{"a message of 2^62 bytes, they say", zmtp + "\x01\x00\x02\x40\x00\x00\x00\x00\x00\x00\x00", true},
			{"a command of 2 GiB, they say", zmtp + "\x06\x00\x00\x00\x00\x80\x00\x00\x00", true},
			{"ZMTP 1.0, 2 GiB, they say", "\x01\x00\xff\x00\x00\x00\x00\x80\x00\x00\x00\x00", true},
		} {
			conn, err := net.Dial("tcp", srv)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, g.bytes) // may fail: the server may have closed already
			if g.closes {
				conn.SetReadDeadline(time.Now().Add(hang))
				if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s: the server did not close the connection", g.name)
				}
			}
			mustEcho(t, c, 2, 4096)
			mustEcho(t, mustDial(t, &Transport{}, srv), 3, 64)
			conn.Close()
			mustEcho(t, c, 4, 64)
		}
		if grown := peakMemory(t) - before; grown > 1<<30 {
			t.Errorf("the address space grew by %d MiB at its peak; want less than the 2 GiB that a length said", grown>>20)
		}
	}
}

// A message without the delimiter from a peer that is gone makes a REP lose an
// answer; the caller must get one nevertheless.
func TestLostAnswer(t *testing.T) { eachKind(t, testLostAnswer) }

func testLostAnswer(t *testing.T, tr *Transport) {
	srv := echo.StartServer(t, tr)
	c := mustDial(t, tr, srv)
	for range 50 { // not every one does it: the server must read it after the end
		conn, err := net.Dial("tcp", srv)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(hang))
		io.WriteString(conn, zmtp)
		if _, err := io.ReadFull(conn, make([]byte, 64+27)); err != nil { // the server's greeting and READY
			t.Fatal(err)
		}
		io.WriteString(conn, "\x00\x05hello")
		conn.Close()
	}
	mustEcho(t, c, 1, 64)
}

// peakMemory is the most address space that this process has had, in bytes: C's
// allocations are not in Go's statistics, and untouched ones in no other. It is 0
// where there is no /proc.
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

// openFiles counts this process's descriptors.
func openFiles(t *testing.T) int {
	t.Helper()
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no /proc/self/fd: %v", err)
	}
	return len(names)
}

func TestDescribeCountsFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("descriptors are counted in /proc")
	}
	eachServer(t, func(t *testing.T, tr *Transport) {
		const clients = 100
		before := openFiles(t)
		srv := echo.StartServer(t, tr)
		for i := range clients {
			c := mustDial(t, tr, srv)
			mustEcho(t, c, uint64(i), 64)
		}
		got, bound := openFiles(t)-before, tr.files(clients)
		if got > bound {
			t.Errorf("%d clients and their server have %d descriptors open; want no more than %d, as Describe would say", clients, got, bound)
		}
		if bound > got+20 {
			t.Errorf("Describe would say %d descriptors where %d are open: far too many", bound, got)
		}
	})
}

// Clients share a context while any of them lives, and leave nothing.
func TestSharedContext(t *testing.T) {
	tr := &Transport{}
	srv := StartServer(t)
	first := mustDial(t, tr, srv).(*client)
	z := first.context
	second := mustDial(t, tr, srv).(*client)
	if second.context != z {
		t.Error("two clients of one Transport have two contexts")
	}
	first.Close()
	mustEcho(t, second, 1, 64)
	second.Close()
	if _, err := z.NewSocket(zmq4.REQ); err != zmq4.ErrorContextClosed {
		t.Errorf("the context outlived its clients: NewSocket's error is %v", err)
	}
	if tr.clients.users != 0 {
		t.Errorf("%d users are left", tr.clients.users)
	}
	mustEcho(t, mustDial(t, tr, srv), 2, 64)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	other := &Transport{}
	if _, err := other.Dial(t.Context(), l.Addr().String()); err == nil || other.clients.users != 0 {
		t.Errorf("a Dial that failed (%v) left %d users of the context", err, other.clients.users)
	}
}

func Test500Workers(t *testing.T) {
	for name, tr := range map[string]*Transport{
		"blocking": {}, "polled": {Poll: true}, "one": {Conns: 1}, "eight": {Conns: 8},
		"workers": {Workers: 16}, "oneWorkersIPC": {Conns: 1, Workers: 16, WorkersIPC: true}, "pollCurve": {Poll: true, Curve: true},
	} {
		t.Run(name, func(t *testing.T) { test500Workers(t, tr) })
	}
}

func test500Workers(t *testing.T, tr *Transport) {
	const workers, size = 500, 64 << 10
	srv := echo.StartServer(t, tr)
	var clients []echo.Client
	for range tr.Describe(workers).Clients {
		clients = append(clients, mustDial(t, tr, srv))
	}
	start := make(chan struct{})
	errs := make(chan error, workers)
	for i := range workers {
		go func() {
			<-start
			c := clients[i%len(clients)]
			errs <- errors.Join(echoN(t.Context(), c, uint64(2*i), size), echoN(t.Context(), c, uint64(2*i+1), size))
		}()
	}
	close(start)
	for range workers {
		if err := receive(t, "an Echo", errs); err != nil {
			t.Error(err)
		}
	}
}

// Whoever closes first, and however often, nothing hangs and nothing is left.
func TestCloseAnyOrder(t *testing.T) { eachServer(t, testCloseAnyOrder) }

func testCloseAnyOrder(t *testing.T, tr *Transport) {
	for range 5 {
		srv, err := tr.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		for i := range 8 {
			c := mustDial(t, tr, srv.Addr())
			running.Go(func() {
				for n := 0; echoN(context.Background(), c, uint64(n), 1000) == nil; n++ {
					if i%2 == 0 && n == 20 {
						running.Go(func() { c.Close() })
					}
				}
			})
		}
		if err := within(t, "server's Close", srv.Close); err != nil {
			t.Error(err)
		}
		if err := within(t, "the clients", func() error { running.Wait(); return nil }); err != nil {
			t.Error(err)
		}
		if err := srv.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	}
}
