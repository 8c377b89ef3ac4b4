package gorpcecho

import (
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestVariants(t *testing.T) { testkit.TestVariants(t, "gorpc", Variants) }

func TestInvalidOptions(t *testing.T) {
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
			t.Errorf("Listen with %s: error %v, want one that names the option", c.want, err)
		}
		if _, err := c.tr.Dial(t.Context(), "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Dial with %s: error %v, want one that names the option", c.want, err)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		tr             Transport
		workers        int
		clients, files int
		settings       []string
	}{
		{Transport{}, 500, 1, 3, []string{"one connection for all workers", "TCP with", "no TLS", "no compression", "flush at once", "PendingRequests 16384, PendingResponses 4096"}},
		{Transport{Conns: 1}, 500, 1, 3, nil},
		{Transport{Conns: 8}, 500, 1, 17, []string{"8 connections for all workers"}},
		{Transport{Conns: echo.Each}, 500, 500, 1001, []string{"one connection for each worker", "PendingRequests 4096"}},
		{Transport{Conns: echo.Each}, 1, 1, 3, nil},
		{Transport{Unix: true, TLS: true, Compress: true, FlushDelay: time.Millisecond, MaxSize: 1 << 10}, 1, 1, 3,
			[]string{"Unix domain sockets, TLS,", "DEFLATE", "flush after 1ms", "max size 1KiB"}},
	} {
		d := c.tr.Describe(c.workers)
		if d.Clients != c.clients || d.Files != c.files {
			t.Errorf("%+v: %d clients and %d files for %d workers, want %d and %d", &c.tr, d.Clients, d.Files, c.workers, c.clients, c.files)
		}
		for _, want := range c.settings {
			if !strings.Contains(d.Settings, want) {
				t.Errorf("%+v: settings %q, want them to contain %q", &c.tr, d.Settings, want)
			}
		}
	}
}
