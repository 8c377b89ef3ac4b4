//go:build cgo && !nozmq

package zmqecho

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
)

// keyless is a Transport whose addresses have no key, so that the kit can put a
// proxy in between. Its clients find the key in the Transport.
type keyless struct{ *Transport }

type keylessServer struct{ echo.Server }

func (t keyless) Listen(addr string) (echo.Server, error) {
	srv, err := t.Transport.Listen(addr)
	if err != nil {
		return nil, err
	}
	return keylessServer{srv}, nil
}

func (s keylessServer) Addr() string {
	hostPort, _, _ := strings.Cut(s.Server.Addr(), "/")
	return hostPort
}

func TestConformanceCurve(t *testing.T) {
	t.Run("REQ", func(t *testing.T) { echotest.TestTransport(t, keyless{&Transport{Curve: true}}) })
	t.Run("Shared", func(t *testing.T) { echotest.TestTransport(t, keyless{&Transport{Curve: true, Conns: 2, Workers: 2}}) })
	t.Run("WithKeys", func(t *testing.T) { echotest.TestTransport(t, &Transport{Curve: true, Poll: true}) })
	t.Run("SmallMaxSize", func(t *testing.T) { echotest.TestTransport(t, keyless{&Transport{Curve: true, MaxSize: 1}}) })
}

// The data is on the wire without CURVE, and is not with it.
func TestCurveEncrypts(t *testing.T) {
	for _, curve := range []bool{false, true} {
		tr := &Transport{Curve: curve}
		srv := echo.StartServer(t, tr)
		hostPort, _, _ := strings.Cut(srv, "/")
		p, err := proxy.Start(hostPort)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		c := mustDial(t, tr, p.Addr())
		data := payload.Body(1000, 1)
		if err := c.Echo(t.Context(), &payload.Payload{Id: 1, Data: data}, new(payload.Payload)); err != nil {
			t.Fatal(err)
		}
		if sent := p.Sent(); sent < len(data) {
			t.Errorf("%d bytes were sent for %d of data", sent, len(data))
		}
		if got := bytes.Contains(bytes.Join(p.Streams(), nil), data[:16]); got == curve {
			t.Errorf("CURVE %v: the data's being on the wire is %v", curve, got)
		}
	}
}

// Who has not the server's key gets nowhere, and Dial says so at its context's
// end at the latest.
func TestCurveKeys(t *testing.T) {
	tr := &Transport{Curve: true}
	srv := echo.StartServer(t, tr)
	mustEcho(t, mustDial(t, &Transport{Curve: true}, srv), 1, 64)
	hostPort, key, _ := strings.Cut(srv, "/")
	other := strings.Repeat("00", 32)
	plain := StartServer(t)
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
		{"a server without CURVE", tr, plain, ""},
		{"half a key", tr, hostPort + "/" + key[:32], "64 hexadecimal digits"},
		{"no digits", tr, hostPort + "/" + strings.Repeat("xy", 32), "64 hexadecimal digits"},
		{"an empty key", tr, hostPort + "/", "64 hexadecimal digits"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err := within(t, c.name, func() error { _, err := c.tr.Dial(ctx, c.addr); return err })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v; want one, with %q in it", c.name, err, c.want)
		}
	}
	for _, addr := range []string{"127.0.0.1:0/" + other, "127.0.0.1:0/x", plain + "/" + key} {
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
		t.Errorf("a Transport's second server has the address %s; want the first's key, %s", again.Addr(), key)
	}
}
