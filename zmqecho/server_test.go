//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

func TestListenAddress(t *testing.T) {
	for _, addr := range []string{"", ":0", "127.0.0.1:0", "localhost:0"} {
		srv, err := new(Transport).Listen(addr)
		if err != nil {
			t.Errorf("Listen(%q): %v", addr, err)
			continue
		}
		if host, port, err := net.SplitHostPort(srv.Addr()); err != nil || host != "127.0.0.1" || port == "0" {
			t.Errorf("Listen(%q): Addr() = %q, want a port of 127.0.0.1", addr, srv.Addr())
		}
		srv.Close()
	}
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:70000", "192.0.2.1:0"} { // the last is an address for documentation
		if srv, err := new(Transport).Listen(addr); err == nil {
			t.Errorf("Listen(%q) succeeded at %s", addr, srv.Addr())
			srv.Close()
		}
	}
	if _, err := new(Transport).Listen(StartServer(t)); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Listen on an address in use: error %v, want one that matches EADDRINUSE", err)
	}
}

func Test500Workers(t *testing.T) {
	t.Run("polled", func(t *testing.T) { test500Workers(t, &Transport{}) })
	t.Run("dealer", func(t *testing.T) { test500Workers(t, &Transport{Dealer: true}) })
	for name, tr := range map[string]*Transport{
		"blocking": {Block: true}, "eightREQs": {Conns: 8}, "eightDealers": {Dealer: true, Conns: 8}, "workers": {Workers: 16},
		"dealerWorkersIPC": {Dealer: true, Workers: 16, WorkersIPC: true}, "blockingCurve": {Block: true, Curve: true},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Long(t)
			test500Workers(t, tr)
		})
	}
}

func test500Workers(t *testing.T, tr *Transport) {
	const workers, size = 500, 64 << 10
	srv := echo.StartServer(t, tr)
	var clients []echo.Client
	for range tr.Describe(workers).Clients {
		clients = append(clients, testkit.Dial(t, tr, srv))
	}
	start := make(chan struct{})
	errs := make(chan error, workers)
	for i := range workers {
		go func() {
			<-start
			c := clients[i%len(clients)]
			errs <- errors.Join(testkit.Echo(t.Context(), c, uint64(2*i), size), testkit.Echo(t.Context(), c, uint64(2*i+1), size))
		}()
	}
	close(start)
	for range workers {
		if err := testkit.Receive(t, "an Echo", errs); err != nil {
			t.Error(err)
		}
	}
}

// Nothing hangs and nothing remains, in whatever order and however often both ends close.
func TestCloseAnyOrder(t *testing.T) { eachServer(t, testCloseAnyOrder) }

func testCloseAnyOrder(t *testing.T, tr *Transport) {
	for range 3 {
		srv := testkit.Listen(t, tr)
		var running sync.WaitGroup
		for i := range 8 {
			c := testkit.Dial(t, tr, srv.Addr())
			running.Go(func() {
				for n := 0; testkit.Echo(context.Background(), c, uint64(n), 1000) == nil; n++ {
					if i%2 == 0 && n == 20 {
						running.Go(func() { c.Close() })
					}
				}
			})
		}
		if err := testkit.Within(t, "the server's Close", srv.Close); err != nil {
			t.Error(err)
		}
		if err := testkit.Within(t, "the clients", func() error { running.Wait(); return nil }); err != nil {
			t.Error(err)
		}
		if err := srv.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	}
}

// The workers' socket is in a folder that only this user can enter, and that Close
// removes.
func TestWorkersFolder(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	tr := &Transport{Workers: 2, WorkersIPC: true}
	srv, err := tr.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	testkit.MustEcho(t, testkit.Dial(t, tr, srv.Addr()), 1, 64)
	if got := entries(t, temp); len(got) != 1 {
		t.Errorf("%d folders, want 1", len(got))
	} else if info, err := got[0].Info(); err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("the folder's mode is %v, error %v; want 0700", info.Mode(), err)
	}
	if _, err := tr.Listen(srv.Addr()); err == nil {
		t.Error("Listen on an address in use succeeded")
	}
	if got := entries(t, temp); len(got) != 1 {
		t.Errorf("%d folders after a Listen that failed, want 1", len(got))
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, temp); len(got) != 0 {
		t.Errorf("%v remains after Close", got)
	}
	t.Setenv("TMPDIR", temp+"/none")
	if _, err := tr.Listen(""); err == nil {
		t.Error("Listen without a temporary folder succeeded")
	}
}

func entries(t *testing.T, folder string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// The server answers requests that no Client of this package sends. It answers the last
// part of a request with several parts.
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
		{"two parts", []any{whole, whole}, false},
		{"three parts", []any{whole, whole, "garbage"}, true},
		{"a Payload", []any{whole}, false},
		{"the empty Payload", []any{""}, false},
	} {
		if _, err := s.SendMessage(c.parts...); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got, err := s.RecvMessageBytes(0)
		if err != nil || len(got) != 1 || (len(got[0]) == 0) != c.empty {
			t.Errorf("workers %d, %s: reply %q, error %v; empty: want %v", tr.Workers, c.name, got, err, c.empty)
		}
	}
}

// A server does not wait for a handshake for ever.
func TestHandshakeTimeout(t *testing.T) {
	testkit.Long(t) // as long as libzmq waits
	t.Parallel()
	srv := echo.StartServer(t, &Transport{})
	var conns []net.Conn
	for _, sent := range []string{"", zmtp[:20], zmtp[:70]} {
		conn := testkit.DialTCP(t, srv)
		io.WriteString(conn, sent)
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		testkit.AwaitClosed(t, conn)
	}
}

// With IdleTimeout, a server ends the connection of a peer from which nothing
// arrives, but not that of a Client, however long it sends no request.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	tr := &Transport{IdleTimeout: 2 * time.Second, Dealer: true} // a DEALER socket does not connect again
	srv := echo.StartServer(t, tr)
	c := testkit.Dial(t, tr, srv)
	silent := shakeHands(t, srv)
	testkit.AwaitClosed(t, silent)
	time.Sleep(tr.IdleTimeout / 2)
	testkit.MustEcho(t, c, 1, 64)
}

func TestAnswer(t *testing.T) {
	const limit = 100
	testkit.TestAnswer(t, limit, func(request []byte) ([]byte, bool) {
		a := answerer{limit: limit}
		reply := a.answer(request)
		return reply, len(reply) > 0
	})
}

// FuzzAnswer also checks that no sequence of requests makes the buffer for replies
// grow far beyond the limit.
func FuzzAnswer(f *testing.F) {
	const limit = 1 << 10
	a := answerer{limit: limit}
	testkit.FuzzAnswer(f, limit, func(request []byte) ([]byte, bool) {
		reply := a.answer(request)
		if maxCap := 2 * (limit + payload.Overhead); cap(a.out) > maxCap {
			panic(fmt.Sprintf("a request of %d bytes made the buffer for replies grow to %d bytes, want at most %d", len(request), cap(a.out), maxCap))
		}
		return reply, len(reply) > 0
	})
}
