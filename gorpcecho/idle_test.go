package gorpcecho

import (
	"io"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// A server closes a connection whose first request does not arrive, and keeps one
// that is silent after its first request.
func TestFirstTimeout(t *testing.T) {
	const timeout = 100 * time.Millisecond
	request := gobStream(t, wireRequest{1, testkit.Encode(t, &payload.Payload{Data: payload.Body(1000, 1)})})
	for _, c := range []struct {
		name  string
		tr    *Transport
		bytes []byte
	}{
		{"nothing", &Transport{}, nil},
		{"nothing over TLS", &Transport{TLS: true}, nil},
		{"a handshake", &Transport{}, []byte{plain}},
		{"a handshake for compression", &Transport{Compress: true}, []byte{compressed}},
		{"half a request", &Transport{}, append([]byte{plain}, request[:len(request)/2]...)},
		{"a request without its last byte", &Transport{}, append([]byte{plain}, request[:len(request)-1]...)},
	} {
		c.tr.firstTimeout = timeout
		conn := testkit.DialTCP(t, echo.StartServer(t, c.tr))
		if _, err := conn.Write(c.bytes); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
			t.Errorf("%s: the server did not close the connection", c.name)
		}
	}
	client := testkit.Start(t, &Transport{firstTimeout: timeout})
	testkit.MustEcho(t, client, 1, 64)
	time.Sleep(3 * timeout)
	testkit.MustEcho(t, client, 2, 64)
}

// With IdleTimeout a server closes a connection that is silent after a request, or
// that does not read.
func TestIdleTimeout(t *testing.T) {
	tr := &Transport{IdleTimeout: 100 * time.Millisecond}
	srv := listen(t, tr)
	testkit.MustEcho(t, testkit.Dial(t, tr, srv.Addr()), 1, 64)
	awaitConns(t, srv, 0)
	flood(t, tr, srv.Addr(), 64, 1<<20)
	awaitConns(t, srv, 0)
}
