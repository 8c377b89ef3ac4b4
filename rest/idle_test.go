package rest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// IdleTimeout ends a connection that has carried a request, whether or not the request
// was rejected.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	conns := map[string]net.Conn{}
	body := testkit.Encode(t, &payload.Payload{Id: 1})
	request := fmt.Sprintf("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
	for _, c := range []struct {
		name string
		tr   Transport
		sent string
	}{
		{"a request", Transport{}, request},
		{"a request for another path", Transport{}, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a request over TLS", Transport{TLS: true}, request},
		{"no request over HTTP/2", Transport{HTTP2: true}, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"},
	} {
		c.tr.IdleTimeout = 200 * time.Millisecond
		conn := testkit.DialTCP(t, testkit.Listen(t, &c.tr).Addr())
		if c.tr.TLS {
			conn = tls.Client(conn, stream.ClientTLS())
		}
		io.WriteString(conn, c.sent) // on a busy machine, the end may come before
		conns[c.name] = conn
	}
	for name, conn := range conns {
		t.Run(name, func(t *testing.T) { testkit.AwaitClosed(t, conn) })
	}
}

// A Client notices that the server has closed an idle connection, and dials again. A
// call that it makes before it has noticed may fail, as RFC 9112, section 9.5, says.
func TestIdleTimeoutOfAClient(t *testing.T) {
	t.Parallel()
	clients, listeners := make([]echo.Client, len(modes)), make([]*countingListener, len(modes))
	for i, mode := range modes {
		tr := mode.tr
		tr.IdleTimeout = time.Second
		listeners[i] = listen(t)
		clients[i] = testkit.Dial(t, &tr, startOn(t, &tr, listeners[i]).Addr())
		testkit.MustEcho(t, clients[i], 1, 100)
	}
	for i, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			listeners[i].awaitClose(t)
			if err := testkit.Echo(t.Context(), clients[i], 2, 100); err != nil {
				t.Logf("the first Echo after that: %v", err)
				testkit.MustEcho(t, clients[i], 3, 100)
			}
		})
	}
}

// awaitClose waits until a connection that was accepted has been closed.
func (l *countingListener) awaitClose(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(testkit.Hang); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, closed := l.accepted(0); closed > 0 {
			return
		}
	}
	t.Fatal("the server has not closed the idle connection")
}
