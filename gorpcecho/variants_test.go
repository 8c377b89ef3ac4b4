package gorpcecho

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
)

func TestEachIsAClientEach(t *testing.T) {
	for _, c := range []struct{ conns, workers, clients int }{
		{0, 500, 1}, {1, 500, 1}, {8, 500, 1}, {echo.Each, 500, 500}, {echo.Each, 1, 1},
	} {
		if got := (&Transport{Conns: c.conns}).Describe(c.workers).Clients; got != c.clients {
			t.Errorf("Conns %d: %d clients for %d workers, want %d", c.conns, got, c.workers, c.clients)
		}
	}
	c := mustDial(t, &Transport{Conns: echo.Each}, StartServer(t))
	if got := c.(*client).conns.len(); got != 1 {
		t.Errorf("%d connections of a client, want 1", got)
	}
}

// The socket is in a folder that only this user can enter, and that nobody finds
// after Close; and it may be made again.
func TestUnixFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes of files")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	entries := func() []os.DirEntry {
		entries, err := os.ReadDir(temp)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
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
			t.Errorf("the folder's mode is %v, error %v; want 0700", info.Mode(), err)
		}
		mustEcho(t, mustDial(t, tr, addr), 1, 64)
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

	srv, err := tr.Listen(filepath.Join(temp, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	mustEcho(t, mustDial(t, tr, srv.Addr()), 1, 64)
	if err := srv.Close(); err != nil {
		t.Errorf("Close, in a folder of somebody else's: %v", err)
	}
	for _, addr := range []string{"127.0.0.1:0", "socket", filepath.Join(temp, "a", "b", "socket"), filepath.Join(temp, strings.Repeat("x", 200))} {
		if srv, err := tr.Listen(addr); err == nil {
			t.Errorf("Listen(%q) succeeded", addr)
			srv.Close()
		}
	}
	if got := entries(); len(got) != 0 {
		t.Errorf("%v is left in the end", got)
	}
}

// The data is on the wire without TLS, and is not with it.
func TestTLSEncrypts(t *testing.T) {
	for _, secure := range []bool{false, true} {
		tr := &Transport{TLS: secure}
		p, err := proxy.Start(echo.StartServer(t, tr))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		c := mustDial(t, tr, p.Addr())
		data := payload.Body(1000, 1)
		if err := c.Echo(t.Context(), &payload.Payload{Id: 1, Data: data}, new(payload.Payload)); err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(bytes.Join(p.Streams(), nil), data[:16]); got == secure {
			t.Errorf("TLS %v: the data's being on the wire is %v", secure, got)
		}
	}
}

// Either end without TLS is an error of Dial or of the first call, and no hang.
func TestTLSMismatch(t *testing.T) {
	for _, secure := range []bool{false, true} {
		srv := echo.StartServer(t, &Transport{TLS: secure})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := within(t, "Dial and Echo", func() error {
			c, err := (&Transport{TLS: !secure}).Dial(ctx, srv)
			if err != nil {
				return err
			}
			defer c.Close()
			return c.Echo(ctx, &payload.Payload{}, new(payload.Payload))
		})
		if err == nil {
			t.Errorf("the server's TLS %v, the client's %v: no error", secure, !secure)
		}
	}
}

// Requests that come while another waits to be flushed share its write.
func TestFlushDelay(t *testing.T) {
	const callers = 200
	c := mustDial(t, &Transport{FlushDelay: 300 * time.Millisecond}, StartServer(t)).(*client)
	errs := make(chan error, callers)
	for i := range callers {
		go func() { errs <- echoN(t.Context(), c, uint64(i), 64) }()
	}
	for range callers {
		if err := receive(t, "an Echo", errs); err != nil {
			t.Error(err)
		}
	}
	if got := c.rpc.Stats.Snapshot().WriteCalls; got > callers/2 {
		t.Errorf("%d writes for %d requests at once, want a few", got, callers)
	}
}

func batchOf(ids ...uint64) (reqs, replies []*payload.Payload) {
	for _, id := range ids {
		reqs = append(reqs, &payload.Payload{Id: id, Data: payload.Body(100, id), Timestamp: 1})
		replies = append(replies, new(payload.Payload))
	}
	return reqs, replies
}

// A batch whose context ends, or that the server refuses in part, is nobody
// else's trouble.
func TestBatchFails(t *testing.T) {
	h := startHeld(t)
	c := mustDial(t, &Transport{}, h.addr).(echo.Batcher)
	ctx, cancel := context.WithCancel(t.Context())
	reqs, replies := batchOf(1, 2, 3)
	done := make(chan error, 1)
	go func() { done <- c.EchoBatch(ctx, reqs, replies) }()
	for range reqs {
		receive(t, "a request", h.got)
	}
	cancel()
	if err := receive(t, "EchoBatch", done); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want one that matches Canceled", err)
	}

	small := echo.StartServer(t, &Transport{MaxSize: 100})
	c = mustDial(t, &Transport{}, small).(echo.Batcher)
	reqs[1].Data = make([]byte, 101)
	if err := within(t, "EchoBatch", func() error { return c.EchoBatch(t.Context(), reqs, replies) }); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("101 bytes to a server with a limit of 100: error %v; want one that matches ErrTooLarge", err)
	}
	mustEcho(t, c, 4, 100)
}

// A pipeline outlives a request that the server refuses, and ends with its
// Client.
func TestPipelineEnds(t *testing.T) {
	c := mustDial(t, &Transport{}, echo.StartServer(t, &Transport{MaxSize: 100})).(echo.Pipeliner)
	p, err := c.Pipeline(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range 5 {
		var reply payload.Payload
		if err := errors.Join(p.Send(&payload.Payload{Id: 1, Data: make([]byte, 101)}), p.Send(&payload.Payload{Id: uint64(i)})); err != nil {
			t.Fatal(err)
		}
		if err := within(t, "Receive", func() error { return p.Receive(&reply) }); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("101 bytes to a server with a limit of 100: error %v; want one that matches ErrTooLarge", err)
		}
		if err := within(t, "Receive", func() error { return p.Receive(&reply) }); err != nil || reply.Id != uint64(i) {
			t.Errorf("the next: id %d, error %v; want %d and none", reply.Id, err, i)
		}
	}
	for _, depth := range []int{0, pending + 1} {
		if _, err := c.Pipeline(t.Context(), depth); err == nil {
			t.Errorf("a pipeline of depth %d: no error", depth)
		}
	}
	c.Close()
	if err := p.Send(&payload.Payload{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after the Client's Close: error %v; want one that matches net.ErrClosed", err)
	}
	if _, err := c.Pipeline(t.Context(), 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Pipeline after Close: error %v; want one that matches net.ErrClosed", err)
	}
}
