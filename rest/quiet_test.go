package rest

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"testing"
)

// A failingListener's first Accept fails the way it does when descriptors run
// out, which net/http logs.
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

// A line on standard error in the middle of a benchmark would spoil its result.
func TestNothingIsLogged(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	for _, mode := range modes {
		srv := startOn(t, &mode.tr, &failingListener{Listener: listen(t)})
		for _, garbage := range []string{
			"\x00\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x00\x10",
			"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x01\x05\x00\x00\x00\x01",
		} {
			conn := dialRaw(t, srv.Addr())
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
	if logged.Len() != 0 {
		t.Errorf("logged: %s", &logged)
	}
}

// Two ends that do not speak the same protocol fail at once and say nothing on
// standard error.
func TestEndsOfTwoKinds(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	for _, far := range modes[:4] {
		srv := listenAndServe(t, &far.tr)
		for _, near := range modes[:4] {
			ctx := bounded(t)
			c, err := near.tr.Dial(ctx, srv.Addr())
			if (err == nil) != (near.name == far.name) || ctx.Err() != nil {
				t.Errorf("a client of %s and a server of %s: %v", near.name, far.name, err)
			}
			if err == nil {
				c.Close()
			}
		}
	}
	if logged.Len() != 0 {
		t.Errorf("logged: %s", &logged)
	}
}
