package tcp

import (
	"crypto/tls"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// silences are clients that fall silent before they have sent a whole message.
func silences() []silence {
	frame := stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(100, 1)})
	muxFrame := appendMuxFrame(nil, 1, &payload.Payload{Data: payload.Body(100<<10, 1)})
	announcement := binary.BigEndian.AppendUint32(nil, announced|8<<10)
	return []silence{
		{"nothing", &Transport{}, nil},
		{"a part of a message", &Transport{}, frame[:10]},
		{"a part of a message, refusing", &Transport{RefuseAbove: 1}, frame[:10]},
		{"nothing over TLS", &Transport{TLS: true}, nil},
		{"a part of a message over TLS", &Transport{TLS: true}, frame[:10]},
		{"a part of a large message, mux", &Transport{Mux: true}, muxFrame[:80<<10]},
		{"a part of a message, grants", &Transport{Grants: 1}, frame[:10]},
		{"an announcement", &Transport{Grants: 1}, announcement},
	}
}

type silence struct {
	name string
	tr   *Transport
	sent []byte
}

// connect starts a server and sends it what the client sends before it falls silent.
// TLS clients finish their handshake. There is an error if the server closes the
// connection before.
func (s *silence) connect(t *testing.T) (conn net.Conn, err error) {
	t.Helper()
	conn = testkit.DialTCP(t, testkit.Listen(t, s.tr).Addr())
	if s.tr.TLS {
		client := tls.Client(conn, stream.ClientTLS())
		if err := client.Handshake(); err != nil {
			return conn, err
		}
		conn = client
	}
	_, err = conn.Write(s.sent)
	return conn, err
}

// A client that does not send its first message loses its connection after 10 s.
func TestFirstMessage(t *testing.T) {
	start := time.Now()
	conns := map[string]net.Conn{}
	for _, s := range silences() {
		conn, err := s.connect(t)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		conns[s.name] = conn
	}
	for name, conn := range conns {
		t.Run(name, func(t *testing.T) { testkit.AwaitClosed(t, conn) })
	}
	if took := time.Since(start); took < stream.FirstTimeout/2 {
		t.Errorf("the connections were closed after %v, want %v", took, stream.FirstTimeout)
	}
}

// IdleTimeout ends connections before and after their first message.
func TestIdleTimeout(t *testing.T) {
	frame := stream.AppendFrame(nil, &payload.Payload{Id: 1})
	muxFrame := appendMuxFrame(nil, 1, &payload.Payload{Id: 1})
	for _, s := range append(silences(),
		silence{"a message", &Transport{}, frame},
		silence{"a message and a part of another", &Transport{}, append(frame, 0)},
		silence{"a message, refusing", &Transport{RefuseAbove: 1}, frame},
		silence{"a message over TLS", &Transport{TLS: true}, frame},
		silence{"a message, grants", &Transport{Grants: 1}, frame},
		silence{"a message, mux", &Transport{Mux: true}, muxFrame},
	) {
		t.Run(s.name, func(t *testing.T) {
			s.tr.IdleTimeout = 200 * time.Millisecond
			conn, _ := s.connect(t) // on a busy machine, the end may come before
			testkit.AwaitClosed(t, conn)
		})
	}
}
