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
	srv := startOn(t, &Transport{}, &failingListener{Listener: listen(t)})
	for _, garbage := range []string{"\x00\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x00\x10"} {
		conn := dialRaw(t, srv.Addr())
		io.WriteString(conn, garbage)
		conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, conn)
	}
	c, err := Dial(t.Context(), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if logged.Len() != 0 {
		t.Errorf("logged: %s", &logged)
	}
}
