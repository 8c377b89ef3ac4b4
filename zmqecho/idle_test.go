//go:build cgo && !nozmq

package zmqecho

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
)

// shakeHands connects to a server and completes the handshake.
func shakeHands(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn := testkit.DialTCP(t, addr)
	io.WriteString(conn, zmtp)
	if _, err := io.ReadFull(conn, make([]byte, 64+27)); err != nil { // the server's greeting and READY
		t.Fatal(err)
	}
	return conn
}

// A server does not wait for a handshake for ever.
func TestHandshakeTimeout(t *testing.T) {
	srv := echo.StartServer(t, &Transport{handshakeTimeout: 50 * time.Millisecond})
	for _, sent := range []string{"", zmtp[:20], zmtp[:70]} {
		conn := testkit.DialTCP(t, srv)
		io.WriteString(conn, sent)
		if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
			t.Errorf("after %d bytes of a handshake: the server did not close the connection", len(sent))
		}
	}
}

// With IdleTimeout, a server ends the connection of a peer from which nothing
// arrives, but not that of a Client, however long it sends no request.
func TestIdleTimeout(t *testing.T) {
	tr := &Transport{IdleTimeout: 2 * time.Second, Dealer: true} // a DEALER socket does not connect again
	srv := echo.StartServer(t, tr)
	c := testkit.Dial(t, tr, srv)
	silent := shakeHands(t, srv)
	if _, err := io.Copy(io.Discard, silent); isTimeout(err) {
		t.Error("the server did not close the connection of a silent peer")
	}
	time.Sleep(tr.IdleTimeout / 2)
	testkit.MustEcho(t, c, 1, 64)
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
