package settings

import "testing"

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
