package gorpcecho

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// Dial makes all connections of a Client, and none is made later.
func TestConns(t *testing.T) {
	srv := listen(t, &Transport{})
	for range 3 {
		c := testkit.Dial(t, &Transport{Conns: 4}, srv.Addr())
		for i := range 100 {
			testkit.MustEcho(t, c, uint64(i), 64)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c := testkit.Dial(t, &Transport{Conns: 4}, srv.Addr())
	testkit.MustEcho(t, c, 1, 64)
	if got := c.(*client).conns.Len(); got != 4 {
		t.Errorf("the client has %d connections, want 4", got)
	}
	// The server may not have accepted the newest connections yet, nor noticed the
	// end of the oldest ones. But there were never more than 16.
	if got := srv.listener.Conns.Len(); got > 16 {
		t.Errorf("the server has %d connections, want at most 16", got)
	}
}

// Requests that are queued while an earlier one waits to be flushed share a write.
func TestFlushDelay(t *testing.T) {
	const callers = 200
	c := testkit.Dial(t, &Transport{FlushDelay: 300 * time.Millisecond}, StartServer(t)).(*client)
	errs := make(chan error, callers)
	for i := range callers {
		go func() { errs <- testkit.Echo(t.Context(), c, uint64(i), 64) }()
	}
	for range callers {
		if err := testkit.Receive(t, "the end of an Echo", errs); err != nil {
			t.Error(err)
		}
	}
	if got := c.rpc.Stats.Snapshot().WriteCalls; got > callers/2 {
		t.Errorf("%d writes for %d concurrent requests, want a few", got, callers)
	}
}

// Anybody can read the data on the wire, except with TLS.
func TestTLSEncrypts(t *testing.T) {
	for _, secure := range []bool{false, true} {
		c, p := testkit.StartProxied(t, &Transport{TLS: secure})
		data := payload.Body(1000, 1)
		if err := c.Echo(t.Context(), &payload.Payload{Id: 1, Data: data}, new(payload.Payload)); err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(bytes.Join(p.Streams(), nil), data[:16]); got == secure {
			t.Errorf("TLS %v: the data is on the wire: %v, want %v", secure, got, !secure)
		}
	}
}

// If only one end uses TLS, Dial or the first call returns an error.
func TestTLSMismatch(t *testing.T) {
	for _, secure := range []bool{false, true} {
		addr := echo.StartServer(t, &Transport{TLS: secure})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := testkit.Within(t, "Dial and Echo", func() error {
			c, err := (&Transport{TLS: !secure}).Dial(ctx, addr)
			if err != nil {
				return err
			}
			defer c.Close()
			return c.Echo(ctx, &payload.Payload{}, new(payload.Payload))
		})
		if err == nil {
			t.Errorf("the server's TLS is %v, the client's %v: no error", secure, !secure)
		}
	}
}
