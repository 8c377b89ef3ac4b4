package tcp

import (
	"errors"
	"net"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

func TestStartServerAndDial(t *testing.T) {
	c, err := Dial(testkit.Context(t), StartServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	testkit.MustEcho(t, c, 7, 4096)
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
