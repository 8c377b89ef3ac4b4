package rest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want []string
	}{
		{&Transport{}, []string{"HTTP/1.1, one http.Client for all workers, a kept-alive connection a worker up to 1024", "no TLS", "bodies buffered", "max size 4MiB"}},
		{&Transport{Conns: 8, TLS: true}, []string{"HTTP/1.1", "worker up to 8,", ", TLS, the server's certificate not verified"}},
		{&Transport{Conns: echo.Each, Stream: true}, []string{"HTTP/1.1", "a kept-alive connection a worker,", "bodies streamed"}},
		{&Transport{HTTP2: true}, []string{"HTTP/2, http.Clients shared by the workers 1, one connection each, at most 1024 streams", "no TLS"}},
		{&Transport{HTTP2: true, TLS: true, Conns: 8}, []string{"shared by the workers 8,", ", TLS, "}},
		{&Transport{HTTP2: true, Conns: echo.Each}, []string{"shared by the workers 100,"}},
	} {
		got := c.tr.Describe(100).Settings
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("settings\n%s\nwant %q in it", got, want)
			}
		}
	}
}

// What each mode looks like from outside.
func TestWire(t *testing.T) {
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	data := payload.Body(1<<10, 1)
	for _, mode := range modes {
		p, err := proxy.Start(listenAndServe(t, &mode.tr).Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		client, err := mode.tr.Dial(t.Context(), p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if err := client.Echo(t.Context(), &payload.Payload{Id: 1, Data: data}, &payload.Payload{}); err != nil {
			t.Fatal(err)
		}
		sent := bytes.Join(p.Streams(), nil)
		for _, c := range []struct {
			what, text string
			want       bool
		}{
			{"a request of HTTP/1.1", "POST /echo HTTP/1.1\r\n", !mode.tr.HTTP2 && !mode.tr.TLS},
			{"the preface of HTTP/2", preface, mode.tr.HTTP2 && !mode.tr.TLS},
			{"an offer of HTTP/2 in TLS's handshake", "\x02h2", mode.tr.HTTP2 && mode.tr.TLS},
			{"the data", string(data), !mode.tr.TLS},
		} {
			if got := bytes.Contains(sent, []byte(c.text)); got != c.want {
				t.Errorf("%s: %s is on the wire: %t, want %t", mode.name, c.what, got, c.want)
			}
		}
	}
}
