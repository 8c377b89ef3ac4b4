package stream

import (
	"strings"
	"testing"
)

func TestListenAddr(t *testing.T) {
	for _, c := range []struct{ addr, want, err string }{
		{"", "127.0.0.1:0", ""},
		{":0", "127.0.0.1:0", ""},
		{":8080", "127.0.0.1:8080", ""},
		{"0.0.0.0:80", "0.0.0.0:80", ""},
		{"[::1]:80", "[::1]:80", ""},
		{"localhost:07", "localhost:7", ""},
		{"nonsense", "", `p: listen address "nonsense": want host:port`},
		{":http", "", `want a port from 0 to 65535, not "http"`},
		{":65536", "", `want a port from 0 to 65535, not "65536"`},
		{":-1", "", `not "-1"`},
	} {
		got, err := ListenAddr("p", c.addr)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("ListenAddr(%q) = %q, %v, want %q, %q", c.addr, got, err, c.want, c.err)
		}
	}
}

func TestListenPacket(t *testing.T) {
	c, err := ListenPacket("p", "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if addr := c.LocalAddr().String(); !strings.HasPrefix(addr, "127.0.0.1:") || strings.HasSuffix(addr, ":0") {
		t.Errorf("ListenPacket with an empty address listens on %s, want a port of 127.0.0.1", addr)
	}
	if _, err := ListenPacket("p", c.LocalAddr().String()); err == nil || !strings.HasPrefix(err.Error(), "p: ") {
		t.Errorf("ListenPacket on an address in use: error %v", err)
	}
}
