package link

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/base/fdlimit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of the tests.
const patience = 30 * time.Second

func TestEcho(t *testing.T) {
	sent := make([]byte, 3*windowSize)
	rand.NewChaCha8([32]byte{}).Read(sent)
	for _, config := range []string{"rtt=20ms", "rtt=20ms,rate=1Gbit", "rtt=20ms,rate=1Gbit,queue=2KiB"} {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, startLink(t, startEcho(t), config))
			go func() {
				conn.Write(sent)
				conn.CloseWrite()
			}()
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, sent) {
				t.Errorf("got %d bytes that differ from the %d bytes sent", len(got), len(sent))
			}
		})
	}
}

func TestNothingIsFasterThanTheLink(t *testing.T) {
	const trips = 3
	for _, test := range []struct {
		config string
		size   int
		min    time.Duration // for all trips together
	}{
		{"rtt=20ms", 1, trips * 19 * time.Millisecond},
		{"rtt=20ms", 64 << 10, trips * 19 * time.Millisecond},
		// 100,000 bytes take 80 ms in each direction at 10 Mbit/s.
		{"rtt=20ms,rate=10Mbit", 100_000, trips * 80 * time.Millisecond},
		{"rtt=20ms,rate=10Mbit,queue=4KiB", 100_000, trips * 80 * time.Millisecond},
	} {
		t.Run(test.config, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, startLink(t, startEcho(t), test.config))
			b := make([]byte, test.size)
			start := time.Now()
			for range trips {
				exchange(t, conn, b)
			}
			if got := time.Since(start); got < test.min {
				t.Errorf("%d round trips of %d bytes took %v, want %v at least", trips, test.size, got, test.min)
			}
		})
	}
}

func TestConnectionsShareTheRate(t *testing.T) {
	const conns, size = 4, 50_000
	l := startLink(t, startEcho(t), "rtt=20ms,rate=10Mbit")
	start := time.Now()
	done := make(chan error, conns)
	for range conns {
		conn := dial(t, l)
		go func() {
			_, err := conn.Write(make([]byte, size))
			if err == nil {
				_, err = io.ReadFull(conn, make([]byte, size))
			}
			done <- err
		}()
	}
	for range conns {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	// All bytes together take 160 ms at 10 Mbit/s.
	if got, min := time.Since(start), 160*time.Millisecond; got < min {
		t.Errorf("%d connections exchanged %d bytes each in %v, want %v at least", conns, size, got, min)
	}
}

func TestHandshakeTakesARoundTrip(t *testing.T) {
	l := startLink(t, startEcho(t), "rtt=50ms")
	start := time.Now()
	exchange(t, dial(t, l), make([]byte, 1))
	if got, min := time.Since(start), 95*time.Millisecond; got < min {
		t.Errorf("the first byte of a connection came back after %v, want two round trips (%v) at least", got, min)
	}
}

func TestReset(t *testing.T) {
	backend, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	l := startLink(t, backend.Addr().String(), "rtt=20ms")
	probe, err := backend.Accept() // with which Start finds out that there is a backend
	if err != nil {
		t.Fatal(err)
	}
	probe.Close()
	conn := dial(t, l)
	server, err := backend.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server.(*net.TCPConn).SetLinger(0) // Close resets the connection
	server.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("Read succeeded after the server reset the connection")
	}
}

func TestBackendThatIsNotThere(t *testing.T) {
	backend, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := startLink(t, backend.Addr().String(), "rtt=20ms")
	backend.Close()
	conn := dial(t, l)
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("Read succeeded without a server")
	}
}

// TestClose closes the link while a receiver does not read and the sender waits.
func TestClose(t *testing.T) {
	for _, config := range []string{"rtt=20ms", "rtt=10s", "rtt=20ms,rate=10kbit"} {
		backend, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l := mustStart(t, backend.Addr().String(), config)
		conn := dial(t, l)
		written := make(chan error, 1)
		go func() {
			_, err := conn.Write(make([]byte, 64<<20))
			written <- err
		}()
		time.Sleep(20 * time.Millisecond)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-written; err == nil {
			t.Errorf("%s: Write of 64 MiB succeeded over a link that was closed", config)
		}
		backend.Close()
	}
}

// TestFiles: the backend does not accept the connections, so that they have no
// descriptor there. Others, which were open before, may be closed meanwhile.
func TestFiles(t *testing.T) {
	backend, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	before, ok := fdlimit.Open()
	if !ok {
		t.Skip("this system does not list the descriptors of a process")
	}
	l := startLink(t, backend.Addr().String(), "rtt=20ms")
	const conns = 10
	for range conns {
		dial(t, l)
	}
	for end := time.Now().Add(patience); l.open() < 2*conns; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections through the link have %d ends, want %d", conns, l.open(), 2*conns)
		}
	}
	max := Files + conns*(1+2) // 1 is the test's own
	if open, _ := fdlimit.Open(); open-before > max {
		t.Errorf("a link and %d connections through it opened %d descriptors, want %d at most", conns, open-before, max)
	}
}

// open returns how many connections l has at both sides together.
func (l *Link) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

func TestStartErrors(t *testing.T) {
	for _, test := range []struct{ backend, config, want string }{
		{"/tmp/socket", "rtt=10ms", "nothing accepts TCP connections"},
		{"127.0.0.1:1", "rtt=10ms", "nothing accepts TCP connections"},
		{startEcho(t), "rtt=1us", "less than the"},
		{"127.0.0.1:1", "rtt=0s", "more than 0"},
	} {
		c, _ := Parse(test.config)
		l, err := Start(test.backend, c)
		if err == nil {
			l.Close()
			t.Errorf("Start(%q, %s) succeeded", test.backend, test.config)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("Start(%q, %s): %v, want an error about %q", test.backend, test.config, err, test.want)
		}
	}
}
