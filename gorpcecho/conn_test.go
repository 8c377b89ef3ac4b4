package gorpcecho

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
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

func TestConnsEach(t *testing.T) {
	c := testkit.Dial(t, &Transport{Conns: echo.Each}, StartServer(t))
	if got := c.(*client).conns.Len(); got != 1 {
		t.Errorf("a client has %d connections, want 1", got)
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

// tempEntries returns the entries of a new folder for temporary files.
func tempEntries(t *testing.T) (folder string, entries func() []os.DirEntry) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows ignores TMPDIR, and its files have no modes")
	}
	folder = t.TempDir()
	t.Setenv("TMPDIR", folder)
	return folder, func() []os.DirEntry {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
}

// The socket is in a folder that only this user can enter. Close removes the
// folder, and Listen can create it again.
func TestUnixFolder(t *testing.T) {
	_, entries := tempEntries(t)
	tr := &Transport{Unix: true}
	addr := ""
	for range 2 {
		srv, err := tr.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		addr = srv.Addr()
		if got := entries(); len(got) != 1 {
			t.Errorf("%d folders, want 1", len(got))
		} else if info, err := got[0].Info(); err != nil || info.Mode() != os.ModeDir|0o700 {
			t.Errorf("the folder's mode is %v, error %v, want 0700", info.Mode(), err)
		}
		testkit.MustEcho(t, testkit.Dial(t, tr, addr), 1, 64)
		if _, err := tr.Listen(addr); err == nil {
			t.Error("Listen on an address in use succeeded")
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if got := entries(); len(got) != 0 {
			t.Errorf("%v is left after Close", got)
		}
	}
}

func TestUnixPaths(t *testing.T) {
	temp, entries := tempEntries(t)
	tr := &Transport{Unix: true}
	srv, err := tr.Listen(filepath.Join(temp, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	testkit.MustEcho(t, testkit.Dial(t, tr, srv.Addr()), 1, 64)
	if err := srv.Close(); err != nil {
		t.Errorf("Close with a socket in a folder that existed before: %v", err)
	}
	for _, addr := range []string{"127.0.0.1:0", "socket", filepath.Join(temp, "a", "b", "socket"), filepath.Join(temp, strings.Repeat("x", 200))} {
		if srv, err := tr.Listen(addr); err == nil {
			t.Errorf("Listen(%q) succeeded", addr)
			srv.Close()
		}
	}
	if got := entries(); len(got) != 0 {
		t.Errorf("%v is left after the servers' Close", got)
	}
}
