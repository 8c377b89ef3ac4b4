package rest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

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
