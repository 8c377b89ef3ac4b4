// Package testkit has what the tests of several packages need: clients that are
// closed after the test, echoes that are verified, and waits that have a bound.
package testkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/rules/proxy"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// Hang is how long a call may take before a test counts it as a hang. It is
// longer than anything in the tests takes.
const Hang = 20 * time.Second

// Context returns a context that ends after Hang, or with the test.
func Context(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), Hang)
	tb.Cleanup(cancel)
	return ctx
}

// Within calls f and returns its error. It fails tb at once if f does not return
// within Hang; what names the call in the message.
func Within(tb testing.TB, what string, f func() error) error {
	tb.Helper()
	err := bound.Call(Hang, f)
	if errors.Is(err, bound.ErrNoReturn) {
		tb.Fatalf("%s: %v", what, err)
	}
	return err
}

// Receive receives a value from ch. It fails tb at once if none comes within Hang.
func Receive[T any](tb testing.TB, what string, ch <-chan T) (v T) {
	tb.Helper()
	select {
	case v = <-ch:
	case <-time.After(Hang):
		tb.Fatalf("%s: nothing received within %v", what, Hang)
	}
	return v
}

// Send sends v to ch. It fails tb at once if nobody receives it within Hang.
func Send[T any](tb testing.TB, what string, ch chan<- T, v T) {
	tb.Helper()
	select {
	case ch <- v:
	case <-time.After(Hang):
		tb.Fatalf("%s: not received within %v", what, Hang)
	}
}

// Dial connects a client of tr to the server at addr, and closes it when tb ends.
// It fails tb at once if that is not possible.
func Dial(tb testing.TB, tr echo.Transport, addr string) echo.Client {
	tb.Helper()
	c, err := tr.Dial(Context(tb), addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := Within(tb, "the client's Close", c.Close); err != nil {
			tb.Errorf("the client's Close: %v", err)
		}
	})
	return c
}

// Start starts a server of tr and connects a client to it, for as long as tb runs.
func Start(tb testing.TB, tr echo.Transport) echo.Client {
	tb.Helper()
	return Dial(tb, tr, echo.StartServer(tb, tr))
}

// Listen starts a server of tr on a free port, and closes it when tb ends.
func Listen(tb testing.TB, tr echo.Transport) echo.Server {
	tb.Helper()
	srv, err := tr.Listen("")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := Within(tb, "the server's Close", srv.Close); err != nil {
			tb.Errorf("the server's Close: %v", err)
		}
	})
	return srv
}

// Proxy starts a proxy in front of the server at backend, and closes it when tb
// ends.
func Proxy(tb testing.TB, backend string) *proxy.Proxy {
	tb.Helper()
	p, err := proxy.Start(backend)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := Within(tb, "the proxy's Close", p.Close); err != nil {
			tb.Errorf("the proxy's Close: %v", err)
		}
	})
	return p
}

// StartProxied starts a server of tr and connects a client to it through a proxy,
// for as long as tb runs.
func StartProxied(tb testing.TB, tr echo.Transport) (echo.Client, *proxy.Proxy) {
	tb.Helper()
	p := Proxy(tb, echo.StartServer(tb, tr))
	return Dial(tb, tr, p.Addr()), p
}

// Echo makes one call with size bytes of data and verifies every byte of the
// reply. It is bounded by Hang, and by ctx.
func Echo(ctx context.Context, c echo.Client, id uint64, size int) error {
	ctx, cancel := context.WithTimeout(ctx, Hang)
	defer cancel()
	req := &payload.Payload{Id: id, Data: payload.Body(size, id), Timestamp: 1}
	var reply payload.Payload
	if err := c.Echo(ctx, req, &reply); err != nil {
		return fmt.Errorf("Echo of id %d: %w", id, err)
	}
	return contract.Verify(req, &reply, true)
}

// MustEcho is Echo for a call that must succeed.
func MustEcho(tb testing.TB, c echo.Client, id uint64, size int) {
	tb.Helper()
	if err := Echo(context.Background(), c, id, size); err != nil {
		tb.Fatal(err)
	}
}

// Serve listens on a free port of the loopback address and calls handle for each
// connection, which it closes afterwards. It stops when tb ends and waits for the
// handlers, whose connections it closes.
func Serve(tb testing.TB, handle func(net.Conn)) (addr string) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	srv := stream.Serve(l, handle)
	tb.Cleanup(func() {
		if err := Within(tb, "the listener's Close", srv.Close); err != nil {
			tb.Errorf("the listener's Close: %v", err)
		}
	})
	return srv.Addr()
}

// DialTCP connects to addr without any protocol, and closes the connection when
// tb ends. Its reads and writes fail after Hang.
func DialTCP(tb testing.TB, addr string) net.Conn {
	tb.Helper()
	conn, err := net.DialTimeout("tcp", addr, Hang)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(Hang))
	return conn
}

// AwaitClosed waits until the server has closed conn, which DialTCP has returned or
// which is over such a connection, whatever the server has sent.
func AwaitClosed(tb testing.TB, conn net.Conn) {
	tb.Helper()
	if n, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		tb.Errorf("received %d bytes, error %v; want that the server closes the connection", n, err)
	}
}

// Unused returns an address of the loopback interface at which nobody listens.
func Unused(tb testing.TB) (addr string) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TwoProcessors skips tb unless this is Linux on a machine with two processors.
// It counts the machine's processors and not those that this process may use, so
// that it gives the same answer in a child process that is bound to one of them.
func TwoProcessors(tb testing.TB) {
	tb.Helper()
	if _, err := os.Stat("/sys/devices/system/cpu/cpu1"); err != nil {
		tb.Skipf("needs Linux and two processors: %v", err)
	}
}

// Encode returns p as the proto package encodes it, independently of package
// payload's own code.
func Encode(tb testing.TB, p *payload.Payload) []byte {
	tb.Helper()
	b, err := proto.Marshal(p)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Allocated returns how many bytes the process has allocated so far.
func Allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Held returns how many bytes the process holds after a garbage collection: objects
// on the heap and stacks.
func Held() uint64 {
	runtime.GC()
	runtime.GC() // a sync.Pool gives up its values after the second one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
