package rest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

// waitLimit is how long a test waits for what must come before it gives up.
const waitLimit = 10 * time.Second

func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(waitLimit):
		t.Fatalf("nothing came within %v", waitLimit)
		panic("unreachable")
	}
}

// bounded is a context for what must not take long.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	t.Cleanup(cancel)
	return ctx
}

func encode(t testing.TB, p *payload.Payload) []byte {
	t.Helper()
	b, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// modes are what one may choose besides sizes and numbers.
var modes = []struct {
	name string
	tr   Transport
}{
	{"http1", Transport{}},
	{"https1", Transport{TLS: true}},
	{"h2c", Transport{HTTP2: true}},
	{"h2", Transport{HTTP2: true, TLS: true}},
	{"http1 streamed", Transport{Stream: true}},
	{"https1 streamed", Transport{Stream: true, TLS: true}},
	{"h2c streamed", Transport{Stream: true, HTTP2: true}},
	{"h2 streamed", Transport{Stream: true, HTTP2: true, TLS: true}},
}

func TestStatuses(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) { testStatuses(t, mode.tr) })
	}
}

func testStatuses(t *testing.T, tr Transport) {
	const limit = 1 << 10
	tr.MaxSize = limit
	srv := listenAndServe(t, &tr)
	transport := &http.Transport{Protocols: tr.protocols(), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	url := "http://" + srv.Addr()
	if tr.TLS {
		url = "https://" + srv.Addr()
	}

	good := string(encode(t, &payload.Payload{Id: 7, Data: payload.Body(64, 1), Timestamp: 1}))
	full := string(encode(t, &payload.Payload{Id: 7, Data: payload.Body(limit, 1), Timestamp: 1}))
	// Without id and timestamp there is room for more data in a body of the same length.
	fuller := string(encode(t, &payload.Payload{Data: payload.Body(limit+1, 1)}))
	for _, c := range []struct {
		name, method, path, contentType, encoding, body string
		chunked                                         bool
		want                                            int
		allow                                           string
	}{
		{"an echo", "POST", "/echo", "application/x-protobuf", "", good, false, 200, ""},
		{"chunked", "POST", "/echo", "application/x-protobuf", "", good, true, 200, ""},
		{"empty", "POST", "/echo", "application/x-protobuf", "", "", false, 200, ""},
		{"as long as allowed", "POST", "/echo", "application/x-protobuf", "", full, false, 200, ""},
		{"as long as allowed, chunked", "POST", "/echo", "application/x-protobuf", "", full, true, 200, ""},
		{"type with parameters", "POST", "/echo", "Application/X-Protobuf; messageType=x", "", good, false, 200, ""},
		{"a query", "POST", "/echo?x=1", "application/x-protobuf", "", good, false, 200, ""},
		{"GET", "GET", "/echo", "", "", "", false, 405, "POST"},
		{"HEAD", "HEAD", "/echo", "", "", "", false, 405, "POST"},
		{"PUT", "PUT", "/echo", "application/x-protobuf", "", good, false, 405, "POST"},
		{"lower-case method", "post", "/echo", "application/x-protobuf", "", good, false, 405, "POST"},
		{"root", "POST", "/", "application/x-protobuf", "", good, false, 404, ""},
		{"below", "POST", "/echo/", "application/x-protobuf", "", good, false, 404, ""},
		{"GET elsewhere", "GET", "/favicon.ico", "", "", "", false, 404, ""},
		{"no type", "POST", "/echo", "", "", good, false, 415, ""},
		{"JSON", "POST", "/echo", "application/json", "", `{"id":7}`, false, 415, ""},
		{"malformed type", "POST", "/echo", "application/x-protobuf;;=", "", good, false, 415, ""},
		{"gzip", "POST", "/echo", "application/x-protobuf", "gzip", good, false, 415, ""},
		{"not a Payload", "POST", "/echo", "application/x-protobuf", "", "\xff\xff\xff", false, 400, ""},
		{"truncated Payload", "POST", "/echo", "application/x-protobuf", "", good[:len(good)/2], false, 400, ""},
		{"too long", "POST", "/echo", "application/x-protobuf", "", strings.Repeat("x", limit+payload.Overhead+1), false, 413, ""},
		{"too long, chunked", "POST", "/echo", "application/x-protobuf", "", strings.Repeat("x", limit+payload.Overhead+1), true, 413, ""},
		{"much too long", "POST", "/echo", "application/x-protobuf", "", strings.Repeat("x", 8<<20), false, 413, ""},
		{"too much data", "POST", "/echo", "application/x-protobuf", "", fuller, false, 413, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.chunked {
				req.ContentLength = -1
			}
			if c.contentType != "" {
				req.Header.Set("Content-Type", c.contentType)
			}
			if c.encoding != "" {
				req.Header.Set("Content-Encoding", c.encoding)
			}
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.want {
				t.Errorf("status %d, want %d (%q)", resp.StatusCode, c.want, body)
			}
			if got := resp.Header.Get("Allow"); got != c.allow {
				t.Errorf("Allow: %q, want %q", got, c.allow)
			}
			if want := map[bool]int{false: 1, true: 2}[tr.HTTP2]; resp.ProtoMajor != want || (resp.TLS != nil) != tr.TLS {
				t.Errorf("answered over HTTP/%d, TLS %t, want %d and %t", resp.ProtoMajor, resp.TLS != nil, want, tr.TLS)
			}
			if len(resp.TransferEncoding) != 0 || (c.method != "HEAD" && resp.ContentLength != int64(len(body))) {
				t.Errorf("Transfer-Encoding %v, Content-Length %d, want none and %d", resp.TransferEncoding, resp.ContentLength, len(body))
			}
			if c.want == 200 {
				if got := resp.Header.Get("Content-Type"); got != contentType {
					t.Errorf("Content-Type %q, want %q", got, contentType)
				}
				var sent, got payload.Payload
				if err := proto.Unmarshal(body, &got); err != nil {
					t.Fatal(err)
				}
				if err := proto.Unmarshal([]byte(c.body), &sent); err != nil {
					t.Fatal(err)
				}
				if got.Id != sent.Id || !bytes.Equal(got.Data, sent.Data) || got.Timestamp <= sent.Timestamp {
					t.Errorf("answer has id %d, %d bytes, timestamp %d", got.Id, len(got.Data), got.Timestamp)
				}
			} else if len(body) == 0 && c.method != "HEAD" {
				t.Error("the refusal says nothing")
			}
		})
	}
}

// Replies beyond net/http's buffers would be chunked without a Content-Length.
func TestLargeAnswerIsNotChunked(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	conn := dialRaw(t, srv.Addr())
	body := encode(t, &payload.Payload{Id: 7, Data: payload.Body(64<<10, 1), Timestamp: 1})
	fmt.Fprintf(conn, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Length"); got != strconv.Itoa(len(body)) || len(resp.TransferEncoding) != 0 {
		t.Errorf("Content-Length %q, Transfer-Encoding %v, want %d and none", got, resp.TransferEncoding, len(body))
	}
}

func TestLengthIsCheckedBeforeTheBodyIsRead(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	conn := dialRaw(t, srv.Addr())
	fmt.Fprintf(conn, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", contentType, 1<<40)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil) // no byte of the body was sent
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want %d", resp.StatusCode, http.StatusRequestEntityTooLarge)
	}
}

func TestHeadersAreLimited(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	conn := dialRaw(t, srv.Addr())
	fmt.Fprintf(conn, "POST /echo HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", strings.Repeat("x", 2*maxHeader))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want %d", resp.StatusCode, http.StatusRequestHeaderFieldsTooLarge)
	}
}

func TestCloseEndsIdleAndHalfSentRequests(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	for _, sent := range []string{
		"",
		"POST /ec",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\nhalf",
	} {
		io.WriteString(dialRaw(t, srv.Addr()), sent)
	}
	// An answer on a further connection: the ones before it were accepted.
	c, err := Dial(t.Context(), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 {
		done := make(chan error, 1)
		go func() { done <- srv.Close() }()
		if err := receive(t, done); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

func TestHandlerReportsTruncatedBody(t *testing.T) {
	for _, length := range []int64{10, -1} {
		r := httptest.NewRequest("POST", "/echo", io.MultiReader(strings.NewReader("half"), brokenReader{}))
		r.Header.Set("Content-Type", contentType)
		r.ContentLength = length
		w := httptest.NewRecorder()
		(&handler{limit: 1 << 10}).ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("length %d: status %d, want %d", length, w.Code, http.StatusBadRequest)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// startOn starts tr's server on l and closes it when t ends.
func startOn(t testing.TB, tr *Transport, l net.Listener) *server {
	t.Helper()
	srv, err := tr.newServer(l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// listenAndServe starts tr's server and closes it when t ends.
func listenAndServe(t testing.TB, tr *Transport) *server {
	t.Helper()
	srv, err := tr.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv.(*server)
}

// dialRaw connects to addr; every wait on the connection is bounded.
func dialRaw(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(waitLimit))
	t.Cleanup(func() { conn.Close() })
	return conn
}
