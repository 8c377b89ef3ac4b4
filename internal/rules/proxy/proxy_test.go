package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a proxy in front of a server that sends back what it receives,
// one connection after another.
func start(t *testing.T) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.Copy(conn, conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return startNetwork(t, "tcp", l.Addr().String())
}

// startNetwork starts a proxy, which is closed when the test ends.
func startNetwork(t *testing.T, network, backend string) *Proxy {
	t.Helper()
	p, err := StartNetwork(network, backend)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func dial(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// bounded returns a context that ends after 10 seconds or with the test.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestForwardsAndRecords(t *testing.T) {
	p := start(t)
	conn := dial(t, p)
	io.WriteString(conn, "hello")
	conn.CloseWrite()
	if got, err := io.ReadAll(conn); string(got) != "hello" || err != nil {
		t.Errorf("read %q, %v, want hello and no error", got, err)
	}
	if sent, received := p.Sent(), p.Received(); sent != 5 || received != 5 {
		t.Errorf("Sent() = %d and Received() = %d, want 5 and 5", sent, received)
	}
	if got := p.Streams(); len(got) != 1 || string(got[0]) != "hello" {
		t.Errorf("Streams() = %q, want hello", got)
	}
}

func TestHold(t *testing.T) {
	p := start(t)
	conn := dial(t, p)
	p.Hold()
	for i, piece := range []string{"he", "ld"} { // the proxy continues to read
		io.WriteString(conn, piece)
		if err := p.AwaitSent(bounded(t), 2*(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	buf := make([]byte, 4)
	if n, err := conn.Read(buf); n != 0 || err == nil {
		t.Errorf("read while bytes are held back: %d bytes, error %v; want no bytes and a timeout", n, err)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	p.Release()
	if _, err := io.ReadFull(conn, buf); err != nil || string(buf) != "held" {
		t.Errorf("read after Release: %q, error %v; want held and no error", buf, err)
	}
	p.Hold() // so that Close has to drop these bytes
	io.WriteString(conn, "lost")
	if err := p.AwaitSent(bounded(t), 8); err != nil {
		t.Fatal(err)
	}
}

func TestSilent(t *testing.T) {
	p, err := Start("")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	io.WriteString(dial(t, p), "no reply")
	if err := p.AwaitSent(bounded(t), 8); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.AwaitSent(ctx, 9); !errors.Is(err, context.Canceled) {
		t.Errorf("AwaitSent with a cancelled context: error %v, want one that matches context.Canceled", err)
	}
}
