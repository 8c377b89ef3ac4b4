package settings

import (
	"testing"

	"github.com/echobench/echobench/echo"
)

func TestAddConns(t *testing.T) {
	var l Line
	for _, conns := range []int{echo.Each, 1, 8} {
		l.AddConns(conns, "socket")
	}
	if got, want := l.String(), "one socket for each worker, one socket for all workers, 8 sockets for all workers"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLine(t *testing.T) {
	var l Line
	l.Add("%d connections", 2)
	l.Choose(true, "TLS", "no TLS")
	l.Choose(false, "compression", "no compression")
	l.Choose(false, "batches", "")
	if got, want := l.String(), "2 connections, TLS, no compression"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
