//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/internal/test/zmqtest"
	"github.com/echobench/echobench/payload"
)

// Dial does not succeed before the peer has proved that it speaks ZMTP.
func TestDialReachesAServer(t *testing.T) {
	for _, c := range []struct {
		name, addr string
		want       string
	}{
		{"nobody", testkit.Unused(t), "connection refused"},
		{"closes", testkit.Serve(t, func(conn net.Conn) { conn.Close() }), "ZMTP handshake"},
		{"speaks HTTP", testkit.Serve(t, func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}), "ZMTP handshake"},
	} {
		err := testkit.Within(t, c.name, func() error {
			_, err := Dial(t.Context(), c.addr)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.addr) {
			t.Errorf("%s: error %v, want %q and the address", c.name, err, c.want)
		}
	}
	silent := testkit.Serve(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := testkit.Within(t, "silent", func() error { _, err := Dial(ctx, silent); return err }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent listener: error %v, want one that matches DeadlineExceeded", err)
	}
}

// The Clients of a Transport share a context from the first Dial until the last
// Close. None of them adds an I/O thread, and a Dial that fails does not keep the
// context.
func TestSharedContext(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("threads and descriptors are counted in /proc")
	}
	t.Run("Transport", func(t *testing.T) { testSharedContext(t, new(Transport).Dial) })
	t.Run("Dial", func(t *testing.T) { testSharedContext(t, Dial) })
}

func testSharedContext(t *testing.T, dial func(context.Context, string) (echo.Client, error)) {
	const clients = 50
	srv := StartServer(t)
	unused := testkit.Unused(t)
	var all []echo.Client
	dialAndEcho := func() {
		c, err := dial(testkit.Context(t), srv)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		testkit.MustEcho(t, c, 1, 64)
		all = append(all, c)
	}
	filesBefore := openFiles(t)
	dialAndEcho()
	threadsBefore := threads(t)
	for range clients {
		dialAndEcho()
	}
	// The calls that wait at the same time need a thread each, but none waits here.
	if grown := threads(t) - threadsBefore; grown > clients/5 {
		t.Errorf("%d clients added %d threads, want none for each client", clients, grown)
	}
	for i, c := range all {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if i < clients {
			testkit.MustEcho(t, all[i+1], 2, 64)
		}
	}
	if _, err := dial(t.Context(), unused); err == nil {
		t.Error("Dial of an address where nobody listens succeeded")
	}
	if grown := openFiles(t) - filesBefore; grown > 0 {
		t.Errorf("%d descriptors remained after all clients were closed, as those of their context would", grown)
	}
}

// A server at [::] also has the machine's IPv4 addresses, as net.Listen has them.
func TestIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skipf("no IPv6 here: %v", err)
	} else {
		l.Close()
	}
	for listen, hosts := range map[string][]string{"[::1]:0": {"::1"}, "[::]:0": {"::", "::1", "127.0.0.1", "localhost"}} {
		tr := &Transport{}
		srv, err := tr.Listen(listen)
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		_, port, _ := net.SplitHostPort(srv.Addr())
		for _, host := range hosts {
			testkit.MustEcho(t, testkit.Dial(t, tr, net.JoinHostPort(host, port)), 1, 64)
		}
	}
}

// The error of Dial, and of an Echo that connects again, is the system's reason.
func TestDialSaysTheSystemsReason(t *testing.T) {
	const multicast = "224.0.0.1:1" // to which TCP cannot connect
	_, refused := net.Dial("tcp", testkit.Unused(t))
	_, unreachable := net.Dial("tcp", multicast)
	srv := testkit.Listen(t, &Transport{})
	idle := testkit.Dial(t, &Transport{}, srv.Addr())
	srv.Close()
	for _, c := range []struct {
		name string
		want error
		call func(context.Context) error
	}{
		{"nobody listens", refused, func(ctx context.Context) error { _, err := Dial(ctx, srv.Addr()); return err }},
		{"unreachable", unreachable, func(ctx context.Context) error { _, err := Dial(ctx, multicast); return err }},
		{"Echo", refused, func(ctx context.Context) error { return testkit.Echo(ctx, idle, 1, 64) }},
	} {
		var errno syscall.Errno
		if !errors.As(c.want, &errno) {
			t.Fatalf("%s: the error %v of net.Dial is none of the system", c.name, c.want)
		}
		if err := c.call(testkit.Context(t)); !errors.Is(err, errno) || !strings.Contains(err.Error(), errno.Error()) {
			t.Errorf("%s: error %v, want one that matches %v", c.name, err, errno)
		}
	}
}

// After a call whose context ended, the client remains usable, and the late reply
// to that call is discarded.
func TestNoStaleReply(t *testing.T) {
	t.Parallel()
	eachKind(t, testNoStaleReply)
}

func testNoStaleReply(t *testing.T, tr *Transport) {
	m := zmqtest.StartMute(t)
	c := testkit.Dial(t, tr, m.Addr)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-m.Got
		cancel()
	}()
	if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(ctx, c, 1, 64) }); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want one that matches Canceled", err)
	}
	done := make(chan error, 1)
	go func() { done <- testkit.Echo(t.Context(), c, 2, 64) }()
	testkit.Receive(t, "the second request", m.Got)
	testkit.Send(t, "the reply to the first", m.Reply, nil)
	testkit.Send(t, "the reply to the second", m.Reply, nil)
	if err := testkit.Receive(t, "the second Echo", done); err != nil {
		t.Error(err)
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	eachKind(t, testDeadline)
}

func testDeadline(t *testing.T, tr *Transport) {
	c := testkit.Dial(t, tr, zmqtest.StartMute(t).Addr)
	for _, wait := range []time.Duration{0, time.Millisecond, 80 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(ctx, c, 1, 64) }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("deadline in %v: error %v, want one that matches DeadlineExceeded", wait, err)
		}
	}
}

// Close leaves the socket to the call in flight, and waits for that call.
func TestCloseInFlight(t *testing.T) { eachKind(t, testCloseInFlight) }

func testCloseInFlight(t *testing.T, tr *Transport) {
	m := zmqtest.StartMute(t)
	c := testkit.Dial(t, tr, m.Addr)
	done := make(chan error, 1)
	go func() { done <- testkit.Echo(t.Context(), c, 1, 64) }()
	testkit.Receive(t, "the request", m.Got)
	if err := testkit.Within(t, "Close", c.Close); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := testkit.Receive(t, "Echo", done); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Echo: error %v, want one that matches net.ErrClosed", err)
	}
	if c, ok := c.(*client); ok && c.conn != nil {
		t.Error("the socket is still open after Close")
	}
}

// Callers that wait for a shared REQ socket notice the end of their contexts and
// the Client's Close, although the call in flight does not end.
func TestSharedREQ(t *testing.T) {
	t.Parallel()
	m := zmqtest.StartMute(t)
	c := testkit.Dial(t, &Transport{Conns: 1}, m.Addr)
	first, second, third := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() { first <- testkit.Echo(t.Context(), c, 1, 64) }()
	testkit.Receive(t, "the first request", m.Got)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	brief, cancel := context.WithTimeout(t.Context(), 80*time.Millisecond)
	defer cancel()
	for _, ctx := range []context.Context{cancelled, brief} {
		if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(ctx, c, 2, 64) }); err == nil || !errors.Is(err, ctx.Err()) {
			t.Errorf("an Echo that waited for another one: error %v, want one that matches %v", err, ctx.Err())
		}
	}
	go func() { second <- testkit.Echo(t.Context(), c, 3, 64) }()
	testkit.Send(t, "the reply to the first", m.Reply, nil)
	if err := testkit.Receive(t, "the first Echo", first); err != nil {
		t.Error(err)
	}
	testkit.Receive(t, "the second request", m.Got)
	go func() { third <- testkit.Echo(t.Context(), c, 4, 64) }()
	if err := testkit.Within(t, "Close", c.Close); err != nil {
		t.Errorf("Close: %v", err)
	}
	for _, done := range []chan error{second, third} {
		if err := testkit.Receive(t, "an Echo", done); !errors.Is(err, net.ErrClosed) {
			t.Errorf("an Echo during Close: error %v, want one that matches net.ErrClosed", err)
		}
	}
}

// A Client whose server has stopped fails, and a REQ socket connects again to a
// new server at the same address.
func TestServerGone(t *testing.T) { eachServer(t, testServerGone) }

func testServerGone(t *testing.T, tr *Transport) {
	srv := testkit.Listen(t, tr)
	idle := testkit.Dial(t, tr, srv.Addr())
	testkit.MustEcho(t, idle, 1, 64)
	if err := testkit.Within(t, "the server's Close", srv.Close); err != nil {
		t.Fatal(err)
	}
	if err := testkit.Within(t, "Echo", func() error { return idle.Echo(context.Background(), &payload.Payload{Id: 2}, new(payload.Payload)) }); err == nil {
		t.Error("an Echo to a server that has stopped succeeded")
	}
	again, err := tr.Listen(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if !tr.Dealer {
		testkit.MustEcho(t, idle, 3, 64)
	} else if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(t.Context(), idle, 3, 64) }); err == nil || !strings.Contains(err.Error(), "connection lost") {
		t.Errorf("a DEALER whose connection has ended: error %v, want one that says so", err)
	}
	testkit.MustEcho(t, testkit.Dial(t, tr, srv.Addr()), 4, 64)
	if err := testkit.Within(t, "the server's Close", again.Close); err != nil {
		t.Error(err)
	}
}

// A call in flight ends when its server stops, even if its context does not end.
func TestServerGoneInFlight(t *testing.T) { eachKind(t, testServerGoneInFlight) }

func testServerGoneInFlight(t *testing.T, tr *Transport) {
	m := zmqtest.StartMute(t)
	c := testkit.Dial(t, tr, m.Addr)
	done := make(chan error, 1)
	go func() { done <- c.Echo(context.Background(), &payload.Payload{Id: 1}, new(payload.Payload)) }()
	testkit.Receive(t, "the request", m.Got)
	m.Stop()
	if err := testkit.Receive(t, "Echo", done); err == nil || !strings.Contains(err.Error(), "connection lost") {
		t.Errorf("error %v, want one that says that the connection was lost", err)
	}
}

// The server's limit is smaller than the client's.
func TestSmallerLimit(t *testing.T) {
	t.Parallel()
	eachServer(t, testSmallerLimit)
}

func testSmallerLimit(t *testing.T, small *Transport) {
	small.MaxSize = 1000
	srv := echo.StartServer(t, small)
	large := &Transport{Block: small.Block, Dealer: small.Dealer, Curve: small.Curve}
	c := testkit.Dial(t, large, srv)
	other := testkit.Dial(t, large, srv)
	send := func(size int) error {
		return testkit.Within(t, "Echo", func() error {
			return c.Echo(context.Background(), &payload.Payload{Data: payload.Body(size, 1)}, new(payload.Payload))
		})
	}
	testkit.MustEcho(t, c, 1, 1000)
	// The data exceeds the server's limit, but the message does not.
	if err := send(1001); err == nil || !strings.Contains(err.Error(), "rejected") {
		t.Errorf("1001 bytes to a server with a limit of 1000: error %v, want one that says that it rejected them", err)
	}
	testkit.MustEcho(t, c, 2, 1000)
	// Both exceed it.
	if err := send(2000); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("2000 bytes to a server with a limit of 1000: error %v, want one that names the limit", err)
	}
	if !small.Dealer {
		testkit.MustEcho(t, c, 3, 1000)
	}
	testkit.MustEcho(t, other, 4, 1000)
}

// The server's answer has more data than the client's limit.
func TestReplyOverLimit(t *testing.T) {
	t.Parallel()
	eachKind(t, testReplyOverLimit)
}

func testReplyOverLimit(t *testing.T, tr *Transport) {
	tr.MaxSize = 100
	for _, c := range []struct {
		size int
		want string
	}{
		{101, "limit of 100B"},    // the data exceeds the limit, but the message does not
		{1000, "connection lost"}, // both exceed it
	} {
		m := zmqtest.StartMute(t)
		client := testkit.Dial(t, tr, m.Addr)
		done := make(chan error, 1)
		go func() { done <- testkit.Echo(t.Context(), client, 1, 1) }()
		testkit.Receive(t, "the request", m.Got)
		reply := testkit.Encode(t, &payload.Payload{Id: 1, Data: payload.Body(c.size, 1), Timestamp: 1})
		testkit.Send(t, "the reply", m.Reply, reply)
		if err := testkit.Receive(t, "Echo", done); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("a reply with %d bytes of data, limit 100: error %v, want %q", c.size, err, c.want)
		}
	}
}
