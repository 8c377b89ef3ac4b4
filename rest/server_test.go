package rest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// readResponse reads a response from conn and discards its body.
func readResponse(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// If the handler did not set the Content-Length, net/http would chunk responses that are
// longer than its buffers.
func TestLargeResponseIsNotChunked(t *testing.T) {
	conn := testkit.DialTCP(t, echo.StartServer(t, &Transport{}))
	body := testkit.Encode(t, &payload.Payload{Id: 7, Data: payload.Body(64<<10, 1), Timestamp: 1})
	fmt.Fprintf(conn, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
	resp := readResponse(t, conn)
	if got := resp.Header.Get("Content-Length"); got != strconv.Itoa(len(body)) || len(resp.TransferEncoding) != 0 {
		t.Errorf("Content-Length %q, Transfer-Encoding %v, want %d and none", got, resp.TransferEncoding, len(body))
	}
}

func TestHeadersAreLimited(t *testing.T) {
	t.Parallel()
	conn := testkit.DialTCP(t, echo.StartServer(t, &Transport{}))
	fmt.Fprintf(conn, "POST /echo HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", strings.Repeat("x", 2*maxHeader))
	resp := readResponse(t, conn)
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want %d", resp.StatusCode, http.StatusRequestHeaderFieldsTooLarge)
	}
}

func TestCloseEndsIdleAndPartialRequests(t *testing.T) {
	srv := testkit.Listen(t, &Transport{})
	for _, sent := range []string{
		"",
		"POST /ec",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\nhalf",
	} {
		io.WriteString(testkit.DialTCP(t, srv.Addr()), sent)
	}
	// A reply on a later connection proves that those before it were accepted.
	c, err := Dial(t.Context(), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 {
		if err := testkit.Within(t, "Close", srv.Close); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// The connection of a client that does not send the whole of a body ends without a
// response.
func TestHandlerAbortsTruncatedBody(t *testing.T) {
	if w, aborted := post(&handler{limit: 1 << 10}, contentType, 10, []byte("half")); !aborted {
		t.Errorf("status %d, want an aborted request", w.Code)
	}
}

func TestHandlerAnswers(t *testing.T) {
	const limit = 1 << 10
	for name, h := range map[string]*handler{
		"length announced": {limit: limit},
		"streamed":         {limit: limit, streamBodies: true},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.TestAnswer(t, limit, func(request []byte) ([]byte, bool) {
				w, _ := post(h, contentType, int64(len(request)), request)
				return w.Body.Bytes(), w.Code == http.StatusOK
			})
		})
	}
}
