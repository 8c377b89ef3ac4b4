package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp/internal/spin"
)

// A server cannot reply with an error. It closes the connection of a client whose
// request is over its limit, and no other connection.
func TestServersLimit(t *testing.T) {
	const limit = 1 << 10
	for _, c := range []struct {
		name           string
		server, client *Transport
		broken         string // what a later call says
	}{
		{"plain", &Transport{MaxSize: limit}, &Transport{}, "an earlier call broke the connection"},
		{"grants", &Transport{MaxSize: limit, Grants: 1}, &Transport{Grants: 1}, "an earlier call broke the connection"},
		{"mux", &Transport{MaxSize: limit, Mux: true}, &Transport{Mux: true}, "the connection is broken"},
	} {
		for _, size := range []int{
			limit + 1, // within the limit on a frame, which leaves room for every field
			limit + payload.Overhead + 1,
		} {
			t.Run(c.name+" "+payload.Size(size).String(), func(t *testing.T) {
				addr := echo.StartServer(t, c.server)
				client, other := testkit.Dial(t, c.client, addr), testkit.Dial(t, c.client, addr)
				if err := testkit.Echo(t.Context(), client, 7, size); err == nil || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Echo over the server's limit: error %v, want that the connection was closed", err)
				}
				if err := testkit.Echo(t.Context(), client, 8, 1); err == nil || !strings.Contains(err.Error(), c.broken) {
					t.Errorf("Echo on a closed connection: error %v, want it to contain %q", err, c.broken)
				}
				testkit.MustEcho(t, other, 9, limit)
			})
		}
	}
}

func TestReplyOverTheClientsLimit(t *testing.T) {
	addr := testkit.Serve(t, func(conn net.Conn) {
		c := stream.NewFrameCodec(conn, 1<<20)
		if c.Read(new(payload.Payload)) == nil {
			c.Write(&payload.Payload{Id: 7, Data: make([]byte, 1<<20)})
		}
	})
	for name, tr := range map[string]*Transport{
		"plain":  {MaxSize: 1 << 10},
		"grants": {MaxSize: 1 << 10, Grants: 1},
	} {
		c := testkit.Dial(t, tr, addr)
		if err := testkit.Echo(t.Context(), c, 7, 1); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("%s: Echo with a reply over the client's limit: error %v, want one that matches ErrTooLarge", name, err)
		}
	}
}

// A server closes the connection of a client that falls silent, before or after its
// first message.
func TestIdleTimeout(t *testing.T) {
	frame := stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(100, 1)})
	large := stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(100<<10, 1)})
	muxFrame := slices.Insert(large, stream.FrameHeader, make([]byte, 8)...) // with the number 0
	announcement := []byte{0x80, 0, 0x20, 0}                                 // of 8 KiB
	for name, c := range map[string]struct {
		tr   *Transport
		sent []byte
	}{
		"nothing":                         {&Transport{}, nil},
		"a part of a message":             {&Transport{}, frame[:10]},
		"a message":                       {&Transport{}, frame},
		"a message and a part of another": {&Transport{}, append(frame, 0)},
		"nothing over TLS":                {&Transport{TLS: true}, nil},
		"a message over TLS":              {&Transport{TLS: true}, frame},
		"a part of a message, refusing":   {&Transport{RefuseAbove: 1}, frame[:10]},
		"a message, refusing":             {&Transport{RefuseAbove: 1}, frame},
		"a part of a message, grants":     {&Transport{Grants: 1}, frame[:10]},
		"a message, grants":               {&Transport{Grants: 1}, frame},
		"an announcement":                 {&Transport{Grants: 1}, announcement},
		"a part of a large message, mux":  {&Transport{Mux: true}, muxFrame[:80<<10]},
		"a message, mux":                  {&Transport{Mux: true}, muxFrame},
		"nothing, polled":                 {&Transport{Spin: spin.Available}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.tr.IdleTimeout = 200 * time.Millisecond
			conn := testkit.DialTCP(t, testkit.Listen(t, c.tr).Addr())
			if c.tr.TLS {
				conn = tls.Client(conn, stream.ClientTLS())
			}
			conn.Write(c.sent) // on a busy machine, the end may come before
			testkit.AwaitClosed(t, conn)
		})
	}
}
