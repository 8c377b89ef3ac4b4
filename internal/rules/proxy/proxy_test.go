package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
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

// mustEcho sends text on conn and expects it back.
func mustEcho(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, len(text))
	if _, err := io.ReadFull(conn, buf); err != nil || string(buf) != text {
		t.Fatalf("read %q, error %v; want %q and no error", buf, err, text)
	}
}

// fill writes to conn until it blocks, and returns how many bytes were written.
func fill(t *testing.T, conn net.Conn) (n int) {
	t.Helper()
	conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	for range 4096 {
		m, err := conn.Write(make([]byte, 32<<10))
		n += m
		if err != nil {
			return n
		}
	}
	t.Fatalf("%d bytes were written, and there was still room", n)
	return n
}

// The proxy may finish one read that had begun before it was stopped, but forwards
// nothing.
func TestStop(t *testing.T) {
	for _, c := range []struct {
		name string
		stop func(*Proxy)
		read func(*Proxy) int
	}{
		{"both directions", (*Proxy).Stop, (*Proxy).Sent},
		{"replies", (*Proxy).StopReplies, (*Proxy).Received},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t)
			conn := dial(t, p)
			mustEcho(t, conn, "hello")
			before := c.read(p)
			c.stop(p)
			io.WriteString(conn, "x")
			conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("after it was stopped, the proxy forwarded %d bytes, error %v", n, err)
			}
			conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			written := 1 + fill(t, conn)
			if got := c.read(p) - before; got > 32<<10 {
				t.Errorf("after it was stopped, the proxy read %d of %d bytes, want at most those of one read", got, written)
			}
			p.Resume()
			if n, err := io.CopyN(io.Discard, conn, int64(written)); err != nil {
				t.Errorf("after Resume, %d of %d bytes came back: %v", n, written, err)
			}
		})
	}
}

func TestHangUp(t *testing.T) {
	p := start(t)
	p.HangUp()
	for range 2 {
		conn := dial(t, p)
		io.WriteString(conn, "hello")
		if got, err := io.ReadAll(conn); string(got) != "hello" || err != nil {
			t.Errorf("read %q, %v, want hello and the end of the stream", got, err)
		}
	}
}

func TestCut(t *testing.T) {
	p := start(t)
	conn := dial(t, p)
	mustEcho(t, conn, "hello")
	p.Cut()
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read after Cut: error %v, want that the connection has ended", err)
	}
	mustEcho(t, dial(t, p), "hello")
}

func TestUnix(t *testing.T) {
	outer := startNetwork(t, "unix", startNetwork(t, "unix", "").Addr())
	conn, err := net.Dial("unix", outer.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "hello")
	if err := outer.AwaitSent(bounded(t), 5); err != nil {
		t.Error(err)
	}
}

// udpEcho starts a server that sends back every packet, and returns its address.
func udpEcho(t *testing.T) string {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			server.WriteTo(buf[:n], from)
		}
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return server.LocalAddr().String()
}

func TestUDP(t *testing.T) {
	p := startNetwork(t, "udp", udpEcho(t))
	for i := range 2 {
		conn, err := net.Dial("udp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		mustEcho(t, conn, "hello")
		p.Hold()
		before := p.Sent()
		io.WriteString(conn, "held")
		if err := p.AwaitSent(bounded(t), before+4); err != nil {
			t.Fatal(err)
		}
		p.Release()
		buf := make([]byte, 64)
		if n, err := conn.Read(buf); err != nil || string(buf[:n]) != "held" {
			t.Errorf("read after Release: %q, error %v; want held and no error", buf[:n], err)
		}
		if sent, received := p.Sent(), p.Received(); sent != 9*(i+1) || received != sent {
			t.Errorf("Sent() = %d and Received() = %d, want %d and the same", sent, received, 9*(i+1))
		}
	}
	if got := p.Streams(); len(got) != 2 || string(got[1]) != "helloheld" {
		t.Errorf("Streams() = %q, want helloheld twice", got)
	}
	p.Cut() // ends both flows
}

func TestRelay(t *testing.T) {
	backend := startNetwork(t, "tcp", "")
	numbers := make(chan int, 2)
	p, err := StartRelay("tcp", backend.Addr(), func(number int, client, server net.Conn) {
		numbers <- number
		io.Copy(server, client)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	for i := range 2 {
		io.WriteString(dial(t, p), "hello")
		if err := backend.AwaitSent(bounded(t), 5*(i+1)); err != nil {
			t.Error(err)
		}
		if got := <-numbers; got != i {
			t.Errorf("the relay got number %d, want %d", got, i)
		}
	}
	if p.Sent() != 0 || len(p.Streams()) != 0 {
		t.Errorf("%d bytes and %d streams were recorded, want none", p.Sent(), len(p.Streams()))
	}
}
