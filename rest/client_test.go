package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// All servers are closed at the end, because net/http keeps a connection for half a
// second after it has rejected a body without reading it, and Close waits for it.
func TestServerWithSmallerLimit(t *testing.T) {
	t.Parallel()
	const limit = 1 << 10
	for _, mode := range modes {
		small := mode.tr
		small.MaxSize = limit
		c := testkit.Dial(t, &mode.tr, echo.StartServer(t, &small))
		t.Run(mode.name, func(t *testing.T) {
			for _, n := range []int{limit + 1, 4 << 10, 64 << 10, 4 << 20} {
				if err := testkit.Echo(t.Context(), c, 1, n); !errors.Is(err, echo.ErrTooLarge) {
					t.Errorf("%d bytes: error %v, want ErrTooLarge", n, err)
				}
				if err := testkit.Echo(t.Context(), c, 1, limit); err != nil {
					t.Errorf("%d bytes after %d bytes: %v", limit, n, err)
				}
			}
		})
	}
}

// After a rejection that does not close the connection, the next call uses it. On a busy
// machine net/http may dial once more: see connsCase.test.
func TestRefusalKeepsConnection(t *testing.T) {
	l := listen(t)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		http.Error(w, strings.Repeat("x", maxErrorText+1000), http.StatusTeapot)
	})}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	client := newTestClient(t, &Transport{MaxSize: 1 << 10}, l.Addr().String())
	for range 5 {
		if err := client.Echo(t.Context(), &payload.Payload{Id: 1}, &payload.Payload{}); err == nil {
			t.Error("Echo: no error")
		}
	}
	if got, _ := l.accepted(0); got > 2 {
		t.Errorf("%d connections for five rejections, want 1, or 2 at most", got)
	}
	client.Close()
	srv.Close()
	if err := testkit.Receive(t, "Serve", served); err != http.ErrServerClosed {
		t.Error(err)
	}
}

func TestRequestHeaders(t *testing.T) {
	seen := make(chan *http.Request, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		w.WriteHeader(http.StatusTeapot)
	}))
	defer srv.Close()
	client := newTestClient(t, &Transport{MaxSize: 1 << 10}, srv.Listener.Addr().String())
	defer client.Close()
	p := &payload.Payload{Id: 1, Data: []byte("x"), Timestamp: 1}
	client.Echo(t.Context(), p, &payload.Payload{})
	r := testkit.Receive(t, "the request", seen)
	got := fmt.Sprintf("%s %s %s %q %q %d %v", r.Method, r.URL, r.Proto, r.Header["Content-Type"], r.Header["Accept-Encoding"], r.ContentLength, r.TransferEncoding)
	want := fmt.Sprintf(`POST /echo HTTP/1.1 ["application/x-protobuf"] [] %d []`, len(testkit.Encode(t, p)))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// net/http never uses a proxy for a loopback address, so the test looks at the
// field.
func TestNoProxy(t *testing.T) {
	client := newTestClient(t, &Transport{MaxSize: 1 << 10}, "127.0.0.1:1")
	if client.http.Proxy != nil {
		t.Error("the client uses a proxy")
	}
}

func TestDialErrors(t *testing.T) {
	unused := testkit.Unused(t)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		tr   *Transport
		addr string
		want string
	}{
		{"no listener", t.Context(), &Transport{}, unused, "connection refused"},
		{"another service", t.Context(), &Transport{}, other.Listener.Addr().String(), "rest: server answered 404 Not Found"},
		{"ended context", ended, &Transport{}, unused, "rest: context canceled"},
		{"no host", t.Context(), &Transport{}, "a b:80", "rest: parse"},
		{"no port", t.Context(), &Transport{}, "127.0.0.1", `rest: dial address "127.0.0.1": want host:port`},
		{"an empty port", t.Context(), &Transport{TLS: true}, "127.0.0.1:", `rest: dial address "127.0.0.1:": want host:port`},
		{"Conns", t.Context(), &Transport{Conns: -2}, unused, "rest: Conns -2: want 1 to 65535, 0 for the usual number, or echo.Each"},
		{"MaxSize", t.Context(), &Transport{MaxSize: -1}, unused, "rest: MaxSize -1: want 1 to"},
	} {
		client, err := c.tr.Dial(c.ctx, c.addr)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Dial: error %v, want %q", c.name, err, c.want)
		}
		if err == nil {
			client.Close()
		}
	}
}

// Close ends a call whether it waits for a connection or for a response.
func TestCloseEndsCallsInFlight(t *testing.T) {
	const calls = 4
	asked := make(chan struct{}, calls)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer srv.Close()
	client := newTestClient(t, &Transport{MaxSize: 1 << 10, Conns: calls / 2}, srv.Listener.Addr().String())
	errs := make(chan error, calls)
	for range calls {
		go func() {
			errs <- client.Echo(context.Background(), &payload.Payload{Id: 1}, &payload.Payload{})
		}()
	}
	for range calls / 2 {
		testkit.Receive(t, "a request", asked)
	}
	client.Close()
	for range calls {
		if err := testkit.Receive(t, "Echo's error", errs); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Echo: error %v, want net.ErrClosed", err)
		}
	}
	if got := client.dialer.open.Len(); got != 0 {
		t.Errorf("%d connections are open after Close", got)
	}
}

const responseLimit = 1 << 10 // of the client in TestResponses

// A responseCase is a response, and the error that Echo returns for it.
type responseCase struct {
	name     string
	respond  http.HandlerFunc
	want     string // part of the error
	tooLarge bool
}

func respond(status int, kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		w.Write(body)
	}
}

func TestResponses(t *testing.T) {
	good := testkit.Encode(t, &payload.Payload{Id: 7, Data: payload.Body(64, 1), Timestamp: 9})
	long := testkit.Encode(t, &payload.Payload{Id: 7, Data: payload.Body(1<<20, 1), Timestamp: 9})
	for _, c := range []responseCase{
		{"413", respond(413, "text/plain", []byte("the limit is 64B of data\n")), `rest: server answered 413 Request Entity Too Large: "the limit is 64B of data"`, true},
		{"500", respond(500, "text/plain", []byte("broken")), `500 Internal Server Error: "broken"`, false},
		{"endless text", respond(500, "text/plain", bytes.Repeat([]byte("x"), 1<<20)), `"` + strings.Repeat("x", maxErrorText) + `"`, false},
		{"204", respond(204, "", nil), "204 No Content", false},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		}, "307 Temporary Redirect", false},
		{"type", respond(200, "text/html", good), `response of type "text/html", want application/x-protobuf`, false},
		{"not a Payload", respond(200, contentType, []byte("\xff\xff")), "the body is not a Payload", false},
		{"too long", respond(200, contentType, long), "exceeds the limit of 1KiB", true},
		{"too long, chunked", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.(http.Flusher).Flush()
			w.Write(long)
		}, "exceeds the limit of 1KiB", true},
		{"truncated", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("half"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "reading the response: unexpected EOF", false},
		{"no response", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF", false},
	} {
		t.Run(c.name, c.test)
	}
}

// test checks the error, and that the client remains usable.
func (c responseCase) test(t *testing.T) {
	var echoing atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path || r.Method != http.MethodPost {
			t.Errorf("%s %s was requested", r.Method, r.URL)
		}
		if echoing.Load() {
			(&handler{limit: responseLimit}).ServeHTTP(w, r)
			return
		}
		io.Copy(io.Discard, r.Body)
		c.respond(w, r)
	}))
	defer srv.Close()
	client := newTestClient(t, &Transport{MaxSize: responseLimit}, srv.Listener.Addr().String())
	defer client.Close()
	req := &payload.Payload{Id: 7, Data: []byte("x")}
	var reply payload.Payload
	err := client.Echo(t.Context(), req, &reply)
	if err == nil || !strings.Contains(err.Error(), c.want) {
		t.Errorf("Echo: error %v, want %q", err, c.want)
	}
	if got := errors.Is(err, echo.ErrTooLarge); got != c.tooLarge {
		t.Errorf("Echo: error %v: matches ErrTooLarge: %t, want %t", err, got, c.tooLarge)
	}
	echoing.Store(true)
	if err := client.Echo(t.Context(), req, &reply); err != nil || reply.Id != 7 || string(reply.Data) != "x" {
		t.Errorf("the next Echo: error %v, reply %v", err, &reply)
	}
}

func TestChunkedResponse(t *testing.T) {
	want := payload.Body(100<<10, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.(http.Flusher).Flush()
		w.Write(testkit.Encode(t, &payload.Payload{Id: 7, Data: want}))
	}))
	defer srv.Close()
	client, err := Dial(t.Context(), srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var reply payload.Payload
	if err := client.Echo(t.Context(), &payload.Payload{}, &reply); err != nil || !bytes.Equal(reply.Data, want) {
		t.Errorf("Echo: error %v, %d bytes of data, want %d", err, len(reply.Data), len(want))
	}
}
