package tcp

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
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
