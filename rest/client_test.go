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
	"github.com/echobench/echobench/payload"
)

// What a server may answer, and what Echo makes of it. The client must stay
// usable whatever it was.
func TestEchoAgainstOtherAnswers(t *testing.T) {
	const limit = 1 << 10
	answer := func(status int, kind string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			w.Write(body)
		}
	}
	good := encode(t, &payload.Payload{Id: 7, Data: payload.Body(64, 1), Timestamp: 9})
	long := encode(t, &payload.Payload{Id: 7, Data: payload.Body(1<<20, 1), Timestamp: 9})
	for _, c := range []struct {
		name     string
		answer   http.HandlerFunc
		want     string // part of the error
		tooLarge bool
	}{
		{"413", answer(413, "text/plain", []byte("the limit is 64B of data\n")), `rest: server answered 413 Request Entity Too Large: "the limit is 64B of data"`, true},
		{"500", answer(500, "text/plain", []byte("broken")), `500 Internal Server Error: "broken"`, false},
		{"endless text", answer(500, "text/plain", bytes.Repeat([]byte("x"), 1<<20)), `"` + strings.Repeat("x", maxErrorText) + `"`, false},
		{"204", answer(204, "", nil), "204 No Content", false},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		}, "307 Temporary Redirect", false},
		{"type", answer(200, "text/html", good), `answer of type "text/html", want application/x-protobuf`, false},
		{"not a Payload", answer(200, contentType, []byte("\xff\xff")), "the body is not a Payload", false},
		{"too long", answer(200, contentType, long), "exceeds the limit of 1KiB", true},
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
		}, "reading the answer: unexpected EOF", false},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var good atomic.Bool
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != path || r.Method != http.MethodPost {
					t.Errorf("%s %s was requested", r.Method, r.URL)
				}
				if good.Load() {
					(&handler{limit: limit}).ServeHTTP(w, r)
					return
				}
				io.Copy(io.Discard, r.Body)
				c.answer(w, r)
			}))
			defer srv.Close()
			client, err := (&Transport{MaxSize: limit}).newClient(srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			req := &payload.Payload{Id: 7, Data: []byte("x")}
			var reply payload.Payload
			err = client.Echo(t.Context(), req, &reply)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Echo: %v, want %q", err, c.want)
			}
			if got := errors.Is(err, echo.ErrTooLarge); got != c.tooLarge {
				t.Errorf("Echo: %v: matches ErrTooLarge: %t, want %t", err, got, c.tooLarge)
			}
			good.Store(true)
			if err := client.Echo(t.Context(), req, &reply); err != nil || reply.Id != 7 || string(reply.Data) != "x" {
				t.Errorf("Echo after that: %v, %v", err, &reply)
			}
		})
	}
}

func TestChunkedAnswer(t *testing.T) {
	want := payload.Body(100<<10, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.(http.Flusher).Flush()
		w.Write(encode(t, &payload.Payload{Id: 7, Data: want}))
	}))
	defer srv.Close()
	client, err := Dial(t.Context(), srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var reply payload.Payload
	if err := client.Echo(t.Context(), &payload.Payload{}, &reply); err != nil || !bytes.Equal(reply.Data, want) {
		t.Errorf("Echo: %v, %d bytes, want %d", err, len(reply.Data), len(want))
	}
}

func TestServerWithASmallerLimit(t *testing.T) {
	const limit = 1 << 10
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			small := mode.tr
			small.MaxSize = limit
			client, err := mode.tr.Dial(t.Context(), listenAndServe(t, &small).Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			for _, n := range []int{limit + 1, 4 << 10, 64 << 10, 4 << 20} {
				err := client.Echo(bounded(t), &payload.Payload{Id: 1, Data: make([]byte, n)}, &payload.Payload{})
				if !errors.Is(err, echo.ErrTooLarge) {
					t.Errorf("%d bytes: %v, want ErrTooLarge", n, err)
				}
				var reply payload.Payload
				if err := client.Echo(bounded(t), &payload.Payload{Id: 1, Data: make([]byte, limit)}, &reply); err != nil || len(reply.Data) != limit {
					t.Errorf("after %d bytes: %v, %d bytes, want %d", n, err, len(reply.Data), limit)
				}
			}
		})
	}
}

// A refusal that does not end the connection leaves it for the next call.
func TestRefusalKeepsTheConnection(t *testing.T) {
	l := listen(t)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		http.Error(w, strings.Repeat("x", maxErrorText+1000), http.StatusTeapot)
	})}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	client, err := (&Transport{MaxSize: 1 << 10}).newClient(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := client.Echo(t.Context(), &payload.Payload{Id: 1}, &payload.Payload{}); err == nil {
			t.Error("Echo: no error")
		}
	}
	if got, _ := l.accepted(0); got != 1 {
		t.Errorf("%d connections for five refusals, want 1", got)
	}
	client.Close()
	srv.Close()
	if err := receive(t, served); err != http.ErrServerClosed {
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
	client, err := (&Transport{MaxSize: 1 << 10}).newClient(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	p := &payload.Payload{Id: 1, Data: []byte("x"), Timestamp: 1}
	client.Echo(t.Context(), p, &payload.Payload{})
	r := receive(t, seen)
	got := fmt.Sprintf("%s %s %s %q %q %d %v", r.Method, r.URL, r.Proto, r.Header["Content-Type"], r.Header["Accept-Encoding"], r.ContentLength, r.TransferEncoding)
	want := fmt.Sprintf(`POST /echo HTTP/1.1 ["application/x-protobuf"] [] %d []`, len(encode(t, p)))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The environment's proxy is never asked for a loopback address, so only the
// field can tell.
func TestNoProxy(t *testing.T) {
	client, err := (&Transport{MaxSize: 1 << 10}).newClient("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if client.http.Transport.(*http.Transport).Proxy != nil {
		t.Error("the client uses a proxy")
	}
}

func TestDialErrors(t *testing.T) {
	l := listen(t)
	nobody := l.Addr().String()
	l.Close()
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
		{"nobody", t.Context(), &Transport{}, nobody, "connection refused"},
		{"another service", t.Context(), &Transport{}, other.Listener.Addr().String(), "rest: server answered 404 Not Found"},
		{"ended context", ended, &Transport{}, nobody, "rest: context canceled"},
		{"no address", t.Context(), &Transport{}, "a b", "rest: parse"},
		{"Conns", t.Context(), &Transport{Conns: -2}, nobody, "rest: Conns -2: want 0 or more, or echo.Each"},
		{"MaxSize", t.Context(), &Transport{MaxSize: -1}, nobody, "rest: MaxSize -1: want 1 to"},
	} {
		client, err := c.tr.Dial(c.ctx, c.addr)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Dial: %v, want %q", c.name, err, c.want)
		}
		if err == nil {
			client.Close()
		}
	}
}

// Close must end a call that waits for a connection or for an answer.
func TestCloseEndsCallsInFlight(t *testing.T) {
	const calls = 4
	asked := make(chan struct{}, calls)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer srv.Close()
	client, err := (&Transport{MaxSize: 1 << 10, Conns: calls / 2}).newClient(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, calls)
	for range calls {
		go func() {
			errs <- client.Echo(context.Background(), &payload.Payload{Id: 1}, &payload.Payload{})
		}()
	}
	for range calls / 2 {
		receive(t, asked)
	}
	client.Close()
	for range calls {
		if err := receive(t, errs); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Echo: %v, want net.ErrClosed", err)
		}
	}
	if got := len(client.conns.open); got != 0 {
		t.Errorf("%d connections are open after Close", got)
	}
}
