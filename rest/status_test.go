package rest

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

const statusLimit = 1 << 10 // of the server in TestStatuses

// A statusCase is a request, and the status with which the server responds.
type statusCase struct {
	name, method, path, contentType, encoding, body string
	chunked                                         bool
	want                                            int
	allow                                           string
}

func statusCases(t *testing.T) []statusCase {
	good := string(testkit.Encode(t, &payload.Payload{Id: 7, Data: payload.Body(64, 1), Timestamp: 1}))
	full := string(testkit.Encode(t, &payload.Payload{Id: 7, Data: payload.Body(statusLimit, 1), Timestamp: 1}))
	// Without id and timestamp, a body of the same length has room for more data.
	fuller := string(testkit.Encode(t, &payload.Payload{Data: payload.Body(statusLimit+1, 1)}))
	return []statusCase{
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
		{"too long", "POST", "/echo", "application/x-protobuf", "", strings.Repeat("x", statusLimit+payload.Overhead+1), false, 413, ""},
		{"too long, chunked", "POST", "/echo", "application/x-protobuf", "", strings.Repeat("x", statusLimit+payload.Overhead+1), true, 413, ""},
		{"much too long", "POST", "/echo", "application/x-protobuf", "", strings.Repeat("x", 8<<20), false, 413, ""},
		{"too much data", "POST", "/echo", "application/x-protobuf", "", fuller, false, 413, ""},
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		tr := mode.tr
		tr.MaxSize = statusLimit
		url := "http://"
		if tr.TLS {
			url = "https://"
		}
		url += echo.StartServer(t, &tr) // closed at the end, as in TestServerWithSmallerLimit
		t.Run(mode.name, func(t *testing.T) {
			transport := &http.Transport{Protocols: tr.protocols(), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
			t.Cleanup(transport.CloseIdleConnections)
			for _, c := range statusCases(t) {
				t.Run(c.name, func(t *testing.T) {
					resp, body := c.send(t, transport, url)
					checkProtocol(t, &tr, resp)
					c.check(t, resp, body)
				})
			}
		})
	}
}

// send sends the request and returns the response with its whole body.
func (c statusCase) send(t *testing.T, transport *http.Transport, url string) (*http.Response, []byte) {
	t.Helper()
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
	return resp, body
}

// checkProtocol checks that a response came over the protocol that tr selects.
func checkProtocol(t *testing.T, tr *Transport, resp *http.Response) {
	t.Helper()
	if want := map[bool]int{false: 1, true: 2}[tr.HTTP2]; resp.ProtoMajor != want || (resp.TLS != nil) != tr.TLS {
		t.Errorf("response over HTTP/%d, TLS %t, want %d and %t", resp.ProtoMajor, resp.TLS != nil, want, tr.TLS)
	}
}

func (c statusCase) check(t *testing.T, resp *http.Response, body []byte) {
	t.Helper()
	if resp.StatusCode != c.want {
		t.Errorf("status %d, want %d (%q)", resp.StatusCode, c.want, body)
	}
	if got := resp.Header.Get("Allow"); got != c.allow {
		t.Errorf("Allow: %q, want %q", got, c.allow)
	}
	if len(resp.TransferEncoding) != 0 || (c.method != "HEAD" && resp.ContentLength != int64(len(body))) {
		t.Errorf("Transfer-Encoding %v, Content-Length %d, want none and %d", resp.TransferEncoding, resp.ContentLength, len(body))
	}
	if c.want != 200 {
		if len(body) == 0 && c.method != "HEAD" {
			t.Error("the rejection has no text")
		}
		return
	}
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
		t.Errorf("the response has id %d, %d bytes of data, timestamp %d", got.Id, len(got.Data), got.Timestamp)
	}
}
