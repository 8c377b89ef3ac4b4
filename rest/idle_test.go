package rest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A silence is a client that falls silent.
type silence struct {
	name string
	tr   Transport
	sent string
}

const (
	halfRequest = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\n\x12\x50half"
	halfRefused = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\n\xff\xff\xff"
	preface     = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
)

// silences are clients that fall silent before they have sent a whole request.
var silences = []silence{
	{"nothing", Transport{}, ""},
	{"a part of the headers", Transport{}, halfRequest[:40]},
	{"a part of the body", Transport{}, halfRequest},
	{"a part of the body, streamed", Transport{StreamBodies: true}, halfRequest},
	{"a part of a body that is refused", Transport{StreamBodies: true}, halfRefused},
	{"nothing over TLS", Transport{TLS: true}, ""},
	{"a part of the body over TLS", Transport{TLS: true}, halfRequest},
	{"nothing over HTTP/2", Transport{HTTP2: true}, ""},
	{"no request over HTTP/2", Transport{HTTP2: true}, preface},
	{"no request over HTTP/2 and TLS", Transport{HTTP2: true, TLS: true}, preface},
}

// connect starts a server and sends it what the client sends before it falls silent.
func (s silence) connect(t *testing.T) (conn net.Conn, err error) {
	t.Helper()
	conn = testkit.DialTCP(t, testkit.Listen(t, &s.tr).Addr())
	if s.tr.TLS {
		config := stream.ClientTLS()
		if s.tr.HTTP2 {
			config.NextProtos = []string{"h2"}
		}
		client := tls.Client(conn, config)
		if err := client.Handshake(); err != nil {
			return conn, err
		}
		conn = client
	}
	_, err = io.WriteString(conn, s.sent)
	return conn, err
}

// A client that does not send its first request loses its connection after 10 s. The
// connections of other clients stay open.
func TestFirstRequest(t *testing.T) {
	conns := map[string]net.Conn{}
	for _, s := range silences {
		conn, err := s.connect(t)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		conns[s.name] = conn
	}
	start := time.Now()
	closed := make([]func() int, len(modes))
	for i, mode := range modes {
		l := listen(t)
		c := testkit.Dial(t, &mode.tr, startOn(t, &mode.tr, l).Addr())
		testkit.MustEcho(t, c, 1, 100)
		_, before := l.accepted(0)
		closed[i] = func() int {
			_, all := l.accepted(0)
			return all - before
		}
	}
	for name, conn := range conns {
		t.Run(name, func(t *testing.T) { testkit.AwaitClosed(t, conn) })
	}
	took := time.Since(start)
	if took < headerTimeout/2 {
		t.Errorf("the connections were closed after %v, want %v", took, headerTimeout)
	}
	time.Sleep(time.Until(start.Add(headerTimeout + time.Second)))
	for i, mode := range modes {
		if n := closed[i](); n > 0 {
			t.Errorf("%s: %d connections that have carried requests were closed", mode.name, n)
		}
	}
}

// IdleTimeout ends connections before and after their first request.
func TestIdleTimeout(t *testing.T) {
	body := testkit.Encode(t, &payload.Payload{Id: 1})
	request := fmt.Sprintf("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
	for _, s := range append(silences,
		silence{"a request", Transport{}, request},
		silence{"a request for another path", Transport{}, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		silence{"a request over TLS", Transport{TLS: true}, request},
	) {
		t.Run(s.name, func(t *testing.T) {
			s.tr.IdleTimeout = 200 * time.Millisecond
			conn, _ := s.connect(t) // on a busy machine, the end may come before
			testkit.AwaitClosed(t, conn)
		})
	}
}

// A Client notices that the server has closed an idle connection, and dials again. A
// call that it makes before it has noticed may fail, as RFC 9112, section 9.5, says.
func TestIdleTimeoutOfAClient(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			tr := mode.tr
			tr.IdleTimeout = 3 * time.Second
			l := listen(t)
			c := testkit.Dial(t, &tr, startOn(t, &tr, l).Addr())
			testkit.MustEcho(t, c, 1, 100)
			for end := time.Now().Add(testkit.Hang); ; time.Sleep(10 * time.Millisecond) {
				if _, closed := l.accepted(0); closed > 0 {
					break
				}
				if time.Now().After(end) {
					t.Fatal("the server has not closed the idle connection")
				}
			}
			if err := testkit.Echo(t.Context(), c, 2, 100); err != nil {
				t.Logf("the first Echo after that: %v", err)
				testkit.MustEcho(t, c, 3, 100)
			}
		})
	}
}
