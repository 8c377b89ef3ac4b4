//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/internal/testkit"
)

// Dial does not succeed before the peer has proved that it speaks ZMTP.
func TestDialReachesAServer(t *testing.T) {
	for _, c := range []struct {
		name, addr string
		want       string
	}{
		{"nobody", testkit.Unused(t), "nobody accepts a connection"},
		{"closes", testkit.Serve(t, func(conn net.Conn) { conn.Close() }), "ZMTP handshake"},
		{"speaks HTTP", testkit.Serve(t, func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}), "ZMTP handshake"},
	} {
		err := testkit.Within(t, c.name, func() error {
			_, err := Dial(t.Context(), c.addr)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.addr) {
			t.Errorf("%s: error %v, want %q and the address", c.name, err, c.want)
		}
	}
	silent := testkit.Serve(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := testkit.Within(t, "silent", func() error { _, err := Dial(ctx, silent); return err }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent listener: error %v, want one that matches DeadlineExceeded", err)
	}
}

// The Clients of a Transport share a context from the first Dial until the last
// Close, and a Dial that fails does not keep it.
func TestSharedContext(t *testing.T) {
	tr := &Transport{}
	srv := StartServer(t)
	first := testkit.Dial(t, tr, srv).(*client)
	z := first.context
	second := testkit.Dial(t, tr, srv).(*client)
	if second.context != z {
		t.Error("two clients of one Transport have two contexts")
	}
	first.Close()
	testkit.MustEcho(t, second, 1, 64)
	second.Close()
	checkReleased(t, tr, z)
	testkit.MustEcho(t, testkit.Dial(t, tr, srv), 2, 64)

	other := &Transport{}
	if _, err := other.Dial(t.Context(), testkit.Unused(t)); err == nil || other.clients.users != 0 {
		t.Errorf("a Dial that failed (%v) left %d users of the context", err, other.clients.users)
	}
}

// The Clients of the function Dial share a context as well. None of them adds an
// I/O thread, and the context ends with the last of them.
func TestDialSharesContext(t *testing.T) {
	const clients = 50
	srv := StartServer(t)
	var all []*client
	dial := func() *client {
		c, err := Dial(testkit.Context(t), srv)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		testkit.MustEcho(t, c, 1, 64)
		all = append(all, c.(*client))
		return c.(*client)
	}
	z := dial().context
	before := threads(t)
	for range clients {
		if c := dial(); c.context != z {
			t.Fatal("two clients of Dial have two contexts")
		}
	}
	// The calls that wait at the same time need a thread each, but none waits here.
	if grown := threads(t) - before; grown > clients/5 {
		t.Errorf("%d clients of Dial added %d threads, want none for each client", clients, grown)
	}
	for _, c := range all {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	checkReleased(t, &defaultTransport, z)
}

// checkReleased checks that context z of tr's clients has ended.
func checkReleased(t *testing.T, tr *Transport, z *zmq4.Context) {
	t.Helper()
	if _, err := z.NewSocket(zmq4.REQ); err != zmq4.ErrorContextClosed {
		t.Errorf("the context outlived its clients: the error of NewSocket is %v", err)
	}
	if tr.clients.users != 0 {
		t.Errorf("the context has %d users left", tr.clients.users)
	}
}

func TestIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skipf("no IPv6 here: %v", err)
	} else {
		l.Close()
	}
	tr := &Transport{}
	srv, err := tr.Listen("[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	testkit.MustEcho(t, testkit.Dial(t, tr, srv.Addr()), 1, 64)
}
