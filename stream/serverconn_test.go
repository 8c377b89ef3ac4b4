package stream

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/conns"
)

// acceptPipe returns both ends of a connection that s has accepted.
func acceptPipe(t *testing.T, s *Server) (c *ServerConn, far net.Conn) {
	t.Helper()
	l := newPipeListener()
	listener := conns.NewListener(l)
	t.Cleanup(func() { listener.Close() })
	far = l.dial()
	accepted, err := listener.AcceptConn()
	if err != nil {
		t.Fatal(err)
	}
	c = s.watch(accepted)
	t.Cleanup(func() { c.timer.Stop() })
	return c, far
}

// A pipeListener accepts net.Pipes.
type pipeListener struct{ accept chan net.Conn }

func newPipeListener() *pipeListener { return &pipeListener{make(chan net.Conn, 1)} }

func (l *pipeListener) dial() net.Conn {
	near, far := net.Pipe()
	l.accept <- near
	return far
}

func (l *pipeListener) Accept() (net.Conn, error) {
	if c, ok := <-l.accept; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l *pipeListener) Close() error   { close(l.accept); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// isOpen reports whether the other end of a pipe is open. That end must not write.
func isOpen(t *testing.T, far net.Conn) bool {
	t.Helper()
	far.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := far.Read(make([]byte, 1))
	return errors.Is(err, os.ErrDeadlineExceeded)
}

func TestServerConnCheck(t *testing.T) {
	receive := func(c *ServerConn, far net.Conn) {
		go far.Write([]byte{1})
		c.Read(make([]byte, 1))
	}
	send := func(c *ServerConn, far net.Conn) {
		go far.Read(make([]byte, 1))
		c.Write([]byte{1})
	}
	check := func(c *ServerConn, _ net.Conn) { c.check() }
	handshake := func(c *ServerConn, far net.Conn) {
		go far.Read(make([]byte, 1))
		c.Conn.Write([]byte{1})
	}
	type step = func(*ServerConn, net.Conn)
	for _, c := range []struct {
		name  string
		idle  time.Duration
		steps []step
		open  bool
	}{
		{"nothing received", 0, []step{check}, false},
		{"a part of a message received", 0, []step{receive, check}, false},
		{"a handshake", 0, []step{receive, handshake, receive, check}, false},
		{"a message answered", 0, []step{receive, send, check}, true},
		{"no idle timeout", 0, []step{receive, send, check, check, check}, true},
		{"idle timeout, nothing received", time.Hour, []step{check}, false},
		{"idle timeout, a part of a message received", time.Hour, []step{receive, check}, false},
		{"idle timeout, active", time.Hour, []step{receive, send, check}, true},
		{"idle timeout, idle", time.Hour, []step{receive, send, check, check}, false},
		{"idle timeout, receiving", time.Hour, []step{receive, send, check, receive, check, receive, check}, true},
		{"idle timeout, sending", time.Hour, []step{receive, send, check, send, check}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := acceptPipe(t, &Server{IdleTimeout: c.idle})
			for _, do := range c.steps {
				do(near, far)
			}
			if open := isOpen(t, far); open != c.open {
				t.Errorf("the connection is open: %t, want %t", open, c.open)
			}
		})
	}
}

// A server closes the connection of a client that does not send a whole message in
// time.
func TestFirstTimeout(t *testing.T) {
	const hang = 20 * time.Second
	for name, s := range map[string]*Server{
		"FirstTimeout":                      {FirstTimeout: time.Millisecond},
		"a shorter IdleTimeout":             {FirstTimeout: time.Hour, IdleTimeout: time.Millisecond},
		"IdleTimeout and no first timeout":  {FirstTimeout: -1, IdleTimeout: time.Millisecond},
		"IdleTimeout and the usual timeout": {IdleTimeout: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s.Start(l, func(conn net.Conn) { Answer(NewFrameCodec(conn, 100), 100) })
			defer s.Close()
			for _, sent := range []string{"", "\x00", "\x00\x00\x00\x10half"} {
				conn, err := net.Dial("tcp", s.Addr())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				io.WriteString(conn, sent)
				conn.SetReadDeadline(time.Now().Add(hang))
				if n, err := conn.Read(make([]byte, 1)); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("after %q: %d bytes received, error %v; want that the connection is closed", sent, n, err)
				}
			}
		})
	}
}

// Without limits a connection stays open.
func TestNoFirstTimeout(t *testing.T) {
	near, far := acceptPipe(t, &Server{FirstTimeout: -1})
	if stopped := !near.timer.Stop(); !stopped {
		t.Error("the timer for the first message runs")
	}
	if !isOpen(t, far) {
		t.Error("the connection is closed")
	}
}
