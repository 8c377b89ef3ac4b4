package check

import (
	"errors"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
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

func TestMaxSize(t *testing.T) {
	for _, c := range []struct {
		option, want payload.Size
		ok           bool
	}{{0, 4 << 20, true}, {1, 1, true}, {1 << 30, 1 << 30, true}, {-1, 0, false}, {1<<30 + 1, 0, false}} {
		got, err := MaxSize("p", c.option)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("MaxSize(%d) = %d, %v, want %d", c.option, got, err, c.want)
		}
	}
}

func TestData(t *testing.T) {
	if err := Data("p", make([]byte, 10), 10); err != nil {
		t.Errorf("10 bytes of 10: %v", err)
	}
	err := Data("p", make([]byte, 11), 10)
	if !errors.Is(err, echo.ErrTooLarge) || err.Error() != "p: 11 bytes of data exceed the limit of 10B: message too large" {
		t.Errorf("11 bytes of 10: %v", err)
	}
	if err := NotNegative("p", "Workers", -1); err == nil || err.Error() != "p: Workers -1: want 0 or more" {
		t.Errorf("NotNegative(-1): %v", err)
	}
}
