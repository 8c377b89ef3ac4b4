package link

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// startEcho starts a server that sends back what it receives, and returns its
// address.
func startEcho(tb testing.TB) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				io.Copy(conn, conn)
				conn.Close()
			})
		}
	})
	tb.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

// startLink starts a link that is closed when the test ends.
func startLink(tb testing.TB, backend, config string) *Link {
	tb.Helper()
	l := mustStart(tb, backend, config)
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
	})
	return l
}

// mustStart starts a link that the caller closes.
func mustStart(tb testing.TB, backend, config string) *Link {
	tb.Helper()
	c, err := Parse(config)
	if err != nil {
		tb.Fatal(err)
	}
	l, err := Start(backend, c)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// dial connects to the link. The connection is closed when the test ends, and
// nothing on it takes longer than patience.
func dial(tb testing.TB, l *Link) *net.TCPConn {
	tb.Helper()
	conn, err := net.Dial("tcp", l.Addr())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}

// exchange sends b and reads as many bytes.
func exchange(tb testing.TB, conn net.Conn, b []byte) {
	tb.Helper()
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(b)
		sent <- err
	}()
	if _, err := io.ReadFull(conn, make([]byte, len(b))); err != nil {
		tb.Fatal(err)
	}
	if err := <-sent; err != nil {
		tb.Fatal(err)
	}
}
