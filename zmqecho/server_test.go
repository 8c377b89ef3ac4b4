//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
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
	for name, tr := range map[string]*Transport{
		"blocking": {Block: true}, "polled": {}, "eightREQs": {Conns: 8},
		"dealer": {Dealer: true}, "eightDealers": {Dealer: true, Conns: 8},
		"workers": {Workers: 16}, "dealerWorkersIPC": {Dealer: true, Workers: 16, WorkersIPC: true}, "blockingCurve": {Block: true, Curve: true},
	} {
		t.Run(name, func(t *testing.T) { test500Workers(t, tr) })
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

// In whatever order both ends close, and however often, nothing hangs and nothing
// remains.
func TestCloseAnyOrder(t *testing.T) { eachServer(t, testCloseAnyOrder) }

func testCloseAnyOrder(t *testing.T, tr *Transport) {
	for range 5 {
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
