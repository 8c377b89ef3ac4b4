package rest

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/rules/proxy"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

func TestWire(t *testing.T) {
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" // RFC 9113, section 3.4
	data := payload.Body(1<<10, 1)
	for _, mode := range modes {
		client, p := testkit.StartProxied(t, &mode.tr)
		if err := client.Echo(t.Context(), &payload.Payload{Id: 1, Data: data}, &payload.Payload{}); err != nil {
			t.Fatal(err)
		}
		sent := bytes.Join(p.Streams(), nil)
		for _, c := range []struct {
			what, text string
			want       bool
		}{
			{"an HTTP/1.1 request", "POST /echo HTTP/1.1\r\n", !mode.tr.HTTP2 && !mode.tr.TLS},
			{"the HTTP/2 preface", preface, mode.tr.HTTP2 && !mode.tr.TLS},
			{"an offer of HTTP/2 in the TLS handshake", "\x02h2", mode.tr.HTTP2 && mode.tr.TLS},
			{"the data", string(data), !mode.tr.TLS},
		} {
			if got := bytes.Contains(sent, []byte(c.text)); got != c.want {
				t.Errorf("%s: %s is on the wire: %t, want %t", mode.name, c.what, got, c.want)
			}
		}
	}
}

// Bodies are chunked with StreamBodies and have a Content-Length without it, and
// either kind of client works with either kind of server.
func TestStreamedBodies(t *testing.T) {
	for _, c := range []struct{ client, server bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("client=%t,server=%t", c.client, c.server), func(t *testing.T) {
			server := echo.StartServer(t, &Transport{StreamBodies: c.server})
			p := testkit.Proxy(t, server)
			client := testkit.Dial(t, &Transport{StreamBodies: c.client}, p.Addr())
			for _, n := range []int{0, 1, 1000, 3000, 64 << 10, 1 << 20} {
				req := &payload.Payload{Id: uint64(n), Data: payload.Body(n, 1), Timestamp: 1}
				var reply payload.Payload
				if err := client.Echo(t.Context(), req, &reply); err != nil || reply.Id != req.Id || !bytes.Equal(reply.Data, req.Data) || reply.Timestamp <= 1 {
					t.Errorf("%d bytes: error %v, id %d, %d bytes", n, err, reply.Id, len(reply.Data))
				}
			}
			checkRequestsOnWire(t, p, c.client)
			checkLargeResponse(t, server, c.server)
		})
	}
}

// checkRequestsOnWire checks how requests went through p.
func checkRequestsOnWire(t *testing.T, p *proxy.Proxy, streamed bool) {
	t.Helper()
	sent := bytes.Join(p.Streams(), nil)
	if got := bytes.Contains(sent, []byte("Transfer-Encoding: chunked")); got != streamed {
		t.Errorf("requests are chunked: %t, want %t", got, streamed)
	}
	if got := bytes.Contains(sent, []byte("Content-Length: ")); got == streamed {
		t.Errorf("requests have a Content-Length: %t, want %t", got, !streamed)
	}
}

// checkLargeResponse checks how a server responds to a request of 64 KiB.
func checkLargeResponse(t *testing.T, addr string, streamed bool) {
	t.Helper()
	body := testkit.Encode(t, &payload.Payload{Id: 7, Data: payload.Body(64<<10, 1), Timestamp: 1})
	resp, err := http.Post("http://"+addr+path, contentType, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	length, chunked := int64(len(body)), false
	if streamed {
		length, chunked = -1, true
	}
	if resp.ContentLength != length || (len(resp.TransferEncoding) == 1) != chunked {
		t.Errorf("response with Content-Length %d, Transfer-Encoding %v, want %d and chunked: %t", resp.ContentLength, resp.TransferEncoding, length, chunked)
	}
}
