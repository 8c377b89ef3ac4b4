//go:build cgo && !nozmq

package zmqecho

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// The data is readable on the wire without CURVE, and is not with it.
func TestCurveEncrypts(t *testing.T) {
	for _, curve := range []bool{false, true} {
		testCurveEncrypts(t, curve)
	}
}

func testCurveEncrypts(t *testing.T, curve bool) {
	tr := &Transport{Curve: curve}
	hostPort, _, _ := strings.Cut(echo.StartServer(t, tr), "/")
	p := testkit.Proxy(t, hostPort)
	data := payload.Body(1000, 1)
	if err := testkit.Dial(t, tr, p.Addr()).Echo(t.Context(), &payload.Payload{Id: 1, Data: data}, new(payload.Payload)); err != nil {
		t.Fatal(err)
	}
	if sent := p.Sent(); sent < len(data) {
		t.Errorf("CURVE %v: %d bytes were sent for %d bytes of data", curve, sent, len(data))
	}
	if got := bytes.Contains(bytes.Join(p.Streams(), nil), data[:16]); got == curve {
		t.Errorf("CURVE %v: the data is readable on the wire: %v", curve, got)
	}
}

// A client without the server's key does not get a connection, and Dial reports
// that by the end of its context.
func TestCurveKeys(t *testing.T) {
	t.Parallel()
	tr := &Transport{Curve: true}
	srv := echo.StartServer(t, tr)
	testkit.MustEcho(t, testkit.Dial(t, &Transport{Curve: true}, srv), 1, 64)
	hostPort, key, _ := strings.Cut(srv, "/")
	other := strings.Repeat("00", 32)
	for _, c := range []struct {
		name string
		tr   *Transport
		addr string
		want string
	}{
		{"another Transport's key", &Transport{Curve: true}, hostPort, ""},
		{"another key", tr, hostPort + "/" + other, ""},
		{"no CURVE", &Transport{}, hostPort, ""},
		{"a key without CURVE", &Transport{}, srv, "without Curve"},
		{"a server without CURVE", tr, StartServer(t), ""},
		{"half a key", tr, hostPort + "/" + key[:32], "64 hexadecimal digits"},
		{"no digits", tr, hostPort + "/" + strings.Repeat("xy", 32), "64 hexadecimal digits"},
		{"an empty key", tr, hostPort + "/", "64 hexadecimal digits"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err := testkit.Within(t, c.name, func() error { _, err := c.tr.Dial(ctx, c.addr); return err })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, err, c.want)
		}
	}
}

// A Transport listens on addresses with its own key only, and all its servers have
// the same key.
func TestCurveListen(t *testing.T) {
	tr := &Transport{Curve: true}
	_, key, _ := strings.Cut(echo.StartServer(t, tr), "/")
	other := strings.Repeat("00", 32)
	for _, addr := range []string{"127.0.0.1:0/" + other, "127.0.0.1:0/x", StartServer(t) + "/" + key} {
		if srv, err := tr.Listen(addr); err == nil {
			t.Errorf("Listen(%q) succeeded", addr)
			srv.Close()
		}
	}
	again, err := tr.Listen("127.0.0.1:0/" + key)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !strings.HasSuffix(again.Addr(), "/"+key) {
		t.Errorf("a Transport's second server has the address %s, want the key of the first, %s", again.Addr(), key)
	}
}
