package rest

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
)

// A failingListener's first Accept fails as it does when there are no descriptors
// left, which net/http logs.
type failingListener struct {
	net.Listener
	failed bool
}

type temporary struct{ error }

func (temporary) Temporary() bool { return true }
func (temporary) Timeout() bool   { return false }

func (l *failingListener) Accept() (net.Conn, error) {
	if !l.failed {
		l.failed = true
		return nil, temporary{errors.New("too many open files")}
	}
	return l.Listener.Accept()
}

// checkQuiet fails t if anything is logged before t ends: a line on standard
// error in the middle of a benchmark would spoil its result.
func checkQuiet(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	t.Cleanup(func() {
		log.SetOutput(os.Stderr)
		if logged.Len() != 0 {
			t.Errorf("logged: %s", &logged)
		}
	})
}

func TestNothingIsLogged(t *testing.T) {
	checkQuiet(t)
	for _, mode := range modes {
		srv := startOn(t, &mode.tr, &failingListener{Listener: listen(t)})
		for _, garbage := range []string{
			"\x00\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x00\x10",
			"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x01\x05\x00\x00\x00\x01",
		} {
			conn := testkit.DialTCP(t, srv.Addr())
			io.WriteString(conn, garbage)
			conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, conn)
		}
		c, err := mode.tr.Dial(t.Context(), srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A client and a server that do not speak the same protocol fail at once, and
// write nothing to standard error.
func TestDifferentProtocols(t *testing.T) {
	checkQuiet(t)
	for _, far := range modes[:4] {
		addr := echo.StartServer(t, &far.tr)
		for _, near := range modes[:4] {
			ctx := testkit.Context(t)
			c, err := near.tr.Dial(ctx, addr)
			if (err == nil) != (near.name == far.name) || ctx.Err() != nil {
				t.Errorf("a client of %s and a server of %s: error %v", near.name, far.name, err)
			}
			if err == nil {
				c.Close()
			}
		}
	}
}
