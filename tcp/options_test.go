package tcp

import (
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want string // in the error; empty if there is none
	}{
		{&Transport{}, ""},
		{&Transport{MaxSize: 1}, ""},
		{&Transport{MaxSize: 1 << 30, MaxInFlight: 1}, ""},
		{&Transport{Conns: echo.Each}, ""},
		{&Transport{Conns: 3}, ""},
		{&Transport{Mux: true, Conns: echo.Each}, ""},
		{&Transport{Mux: true, Conns: 3, TLS: true, Unix: true, MaxInFlight: 1}, ""},
		{&Transport{MaxSize: -1}, "tcp: MaxSize -1: want 1 to 1073741824 bytes"},
		{&Transport{MaxSize: 1<<30 + 1}, "tcp: MaxSize 1073741825: want 1 to 1073741824 bytes"},
		{&Transport{MaxInFlight: -1}, "tcp: MaxInFlight -1: want 0 or more"},
		{&Transport{Conns: -2}, "tcp: Conns -2: want 1 to 65535"},
		{&Transport{Conns: 65536}, "tcp: Conns 65536: want 1 to 65535"},
		{&Transport{Grants: -1}, "tcp: Grants -1: want 0 or more"},
		{&Transport{Grants: 1, Mux: true}, "tcp: Grants 1 with Mux: want at most one of them"},
		{&Transport{RefuseAbove: 1, Mux: true}, ""},
		{&Transport{RefuseAbove: -1}, "tcp: RefuseAbove -1: want 0 or more"},
		{&Transport{IdleTimeout: -time.Second}, "tcp: IdleTimeout -1s: want 0 or more"},
		{&Transport{SocketReadBuffer: -1}, "tcp: SocketReadBuffer -1: want 0 or more"},
		{&Transport{SocketWriteBuffer: -1}, "tcp: SocketWriteBuffer -1: want 0 or more"},
		{&Transport{Unix: true, Nagle: true}, "tcp: Nagle with Unix"},
	} {
		check := func(call string, err error) {
			t.Helper()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s with %s: error %v, want %q", call, c.tr.settings(c.tr.MaxSize), err, c.want)
			}
		}
		addr := "127.0.0.1:1" // not used: Dial rejects bad options before it connects
		srv, err := c.tr.Listen("")
		check("Listen", err)
		if err == nil {
			defer srv.Close()
			addr = srv.Addr()
		}
		client, err := c.tr.Dial(testkit.Context(t), addr)
		check("Dial", err)
		if err == nil {
			client.Close()
		}
	}
}

func TestDescribe(t *testing.T) {
	d := (&Transport{MaxSize: 1 << 10, MaxInFlight: 50, RefuseAbove: 7, IdleTimeout: 5 * time.Second}).Describe(10)
	if d.Clients != 10 || d.Files != 21 || d.MaxSize != 1<<10 {
		t.Errorf("%d clients, %d files, max size %v; want 10, 21, 1KiB", d.Clients, d.Files, d.MaxSize)
	}
	for _, want := range []string{"NODELAY", "max in flight 50", "requests refused while 7 are in progress", "10s for the first message, idle timeout 5s", "max size 1KiB"} {
		if !strings.Contains(d.Settings, want) {
			t.Errorf("Settings = %q, want it to contain %q", d.Settings, want)
		}
	}
}

func TestDescribeConns(t *testing.T) {
	for _, c := range []struct {
		mux                     bool
		conns, workers, clients int
		settings                string
	}{
		{false, 0, 10, 10, "one connection for each worker, "},
		{false, echo.Each, 10, 10, "one connection for each worker, "},
		{false, 4, 10, 4, "4 connections for all workers, one request at a time on each, "},
		{true, 0, 10, 1, "one multiplexed connection for all workers, "},
		{true, 1, 10, 1, "one multiplexed connection for all workers, "},
		{true, 8, 10, 8, "8 multiplexed connections for all workers, "},
		{true, 8, 3, 3, "8 multiplexed connections for all workers, "},
		{true, echo.Each, 10, 10, "one multiplexed connection for each worker, "},
	} {
		d := (&Transport{Mux: c.mux, Conns: c.conns}).Describe(c.workers)
		if d.Clients != c.clients || d.Files != 2*c.clients+1 {
			t.Errorf("Mux %v, Conns %d, %d workers: %d clients, %d files; want %d and %d", c.mux, c.conns, c.workers, d.Clients, d.Files, c.clients, 2*c.clients+1)
		}
		if !strings.HasPrefix(d.Settings, c.settings) {
			t.Errorf("Mux %v, Conns %d: Settings = %q, want it to begin with %q", c.mux, c.conns, d.Settings, c.settings)
		}
	}
}

func TestVariants(t *testing.T) { testkit.TestVariants(t, new(Transport).Name(), Variants) }
