package rest

import (
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want []string
	}{
		{&Transport{}, []string{"HTTP/1.1, one http.Transport for all workers, one keep-alive connection for each worker but at most 1024", "no TLS", "bodies with Content-Length", "headers of at most 8KiB, 10s to send them", "no idle timeout", "max size 4MiB"}},
		{&Transport{Conns: 8, TLS: true}, []string{"HTTP/1.1", "worker but at most 8,", ", TLS, the server's certificate not verified"}},
		{&Transport{Conns: echo.Each, StreamBodies: true}, []string{"HTTP/1.1", "one keep-alive connection for each worker,", "bodies without Content-Length"}},
		{&Transport{HTTP2: true}, []string{"HTTP/2, one http.Transport for all workers, one connection for each http.Transport, at most 600 streams on it", "no TLS"}},
		{&Transport{HTTP2: true, TLS: true, Conns: 8}, []string{"8 http.Transports for all workers,", ", TLS, "}},
		{&Transport{IdleTimeout: 5 * time.Second}, []string{", idle timeout 5s"}},
		{&Transport{RefuseAbove: 7}, []string{"requests refused while 7 are in progress"}},
		{&Transport{HTTP2: true, Conns: echo.Each}, []string{"one http.Transport for each worker,"}},
	} {
		got := c.tr.Describe(100).Settings
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("settings\n%s\ndo not contain %q", got, want)
			}
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		tr                      *Transport
		workers, clients, conns int
	}{
		{&Transport{}, 1, 1, 1},
		{&Transport{}, 500, 1, 625},
		{&Transport{}, 2000, 1, defaultConns},
		{&Transport{Conns: 8}, 500, 1, 8},
		{&Transport{Conns: echo.Each}, 2000, 1, 2500},
		{&Transport{HTTP2: true}, 500, 1, 1},
		{&Transport{HTTP2: true, Conns: 8}, 500, 8, 8},
		{&Transport{HTTP2: true, Conns: 8}, 2, 2, 2},
		{&Transport{HTTP2: true, Conns: echo.Each}, 500, 500, 500},
	} {
		d := c.tr.Describe(c.workers)
		if files := 2*c.conns + 1; d.Clients != c.clients || d.Files != files {
			t.Errorf("Conns %d, HTTP2 %t, %d workers: %d clients and %d files, want %d and %d", c.tr.Conns, c.tr.HTTP2, c.workers, d.Clients, d.Files, c.clients, files)
		}
	}
}

func TestOptionErrors(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want string
	}{
		{&Transport{Conns: -2}, "rest: Conns -2: want"},
		{&Transport{Conns: maxConns + 1}, "rest: Conns 65536: want"},
		{&Transport{IdleTimeout: -1}, "rest: IdleTimeout -1ns: want 0 or more"},
		{&Transport{RefuseAbove: -1}, "rest: RefuseAbove -1: want 0 or more"},
		{&Transport{MaxSize: -1}, "rest: MaxSize -1: want"},
	} {
		srv, err := c.tr.Listen("")
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("Listen: error %v, want %q", err, c.want)
		}
		if err == nil {
			srv.Close()
		}
	}
}

func TestVariants(t *testing.T) { testkit.TestVariants(t, "rest", Variants) }
