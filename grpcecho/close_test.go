package grpcecho

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// wideOpen is what a server sends first that allows its client to send 1 GiB: a
// SETTINGS frame with a window for each stream, and a WINDOW_UPDATE frame for the
// connection.
const wideOpen = "\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x04\x40\x00\x00\x00" +
	"\x00\x00\x04\x08\x00\x00\x00\x00\x00" + "\x40\x00\x00\x00"

// testClient returns a client that has not connected yet.
func testClient(t *testing.T, addr string, stream bool) echo.Client {
	t.Helper()
	c := newTestClient(t, addr, 4<<20)
	if stream {
		return &streamClient{client: c}
	}
	return c
}

// Close does not wait for a server that does not read, for which grpc alone would
// wait 5 s.
func TestCloseOfDeafServer(t *testing.T) {
	eachMode(t, func(t *testing.T, stream bool) {
		release := make(chan struct{})
		addr := testkit.Serve(t, func(conn net.Conn) {
			io.WriteString(conn, wideOpen)
			<-release
		})
		defer close(release)
		c := testClient(t, addr, stream)
		var calls sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 7 { // more than fits into the buffers of the sockets
			calls.Go(func() {
				c.Echo(ctx, &payload.Payload{Id: 1, Data: make([]byte, 4<<20)}, new(payload.Payload))
			})
		}
		calls.Wait()
		start := time.Now()
		if err := testkit.Within(t, "Close", c.Close); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("Close took %v", took)
		}
	})
}
