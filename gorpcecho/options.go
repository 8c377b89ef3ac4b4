package gorpcecho

import (
	"cmp"
	"fmt"
	"time"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/internal/settings"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

const (
	// pending is how many requests may be in flight on each connection of a server,
	// and how many calls in a Client that serves one worker. gorpc's default is
	// 32768, for which it allocates 256 KiB at each end of a connection in advance;
	// this takes 32 KiB.
	pending = 4096

	// sharedPending is how many calls may be in flight in a Client that serves all
	// workers. Further calls wait.
	sharedPending = 16384

	// buffer is the size in bytes of the buffer of each direction, at each end of a
	// connection. It is gorpc's default and holds 500 small requests, which are then
	// sent with one write.
	buffer = gorpc.DefaultBufferSize

	// concurrency is how many requests a server handles at the same time, each in
	// its own goroutine. It is gorpc's default.
	concurrency = gorpc.DefaultConcurrency

	maxConns      = 1024
	maxFlushDelay = time.Second
)

// check returns the limit on len(Data), or an error for an invalid option.
func (t *Transport) check() (limit payload.Size, err error) {
	if err := check.Conns("gorpcecho", t.Conns, maxConns); err != nil {
		return 0, err
	}
	if t.FlushDelay < 0 || t.FlushDelay > maxFlushDelay {
		return 0, fmt.Errorf("gorpcecho: FlushDelay %v: want 0 (flush at once) to %v", t.FlushDelay, maxFlushDelay)
	}
	if err := check.Timeout("gorpcecho", "IdleTimeout", t.IdleTimeout); err != nil {
		return 0, err
	}
	return check.MaxSize("gorpcecho", t.MaxSize)
}

// pendingRequests returns how many calls may be in flight in each Client.
func (t *Transport) pendingRequests() int {
	if t.Conns == echo.Each {
		return pending
	}
	return sharedPending
}

// connsPerClient returns how many connections each Client has.
func (t *Transport) connsPerClient() int { return max(t.Conns, 1) }

// flushDelay returns the FlushDelay option of gorpc's Client and Server.
func (t *Transport) flushDelay() time.Duration { return cmp.Or(t.FlushDelay, gorpc.DefaultFlushDelay) }

// settings returns the Settings of the Description.
func (t *Transport) settings(limit payload.Size) string {
	var line settings.Line
	line.AddConns(cmp.Or(t.Conns, 1), "connection")
	line.Choose(t.Unix, "Unix domain sockets", "TCP with NODELAY on")
	line.Choose(t.TLS, "TLS, the server's certificate not verified", "no TLS")
	line.Choose(t.Compress, "DEFLATE at its fastest", "no compression (gorpc's default is to compress)")
	line.Choose(t.FlushDelay > 0, fmt.Sprintf("flush after %v", t.FlushDelay), "flush at once")
	line.Add("no timeout for calls, no reconnecting")
	line.Add("%v for the first message", stream.FirstTimeout)
	line.Choose(t.IdleTimeout > 0, fmt.Sprintf("idle timeout %v", t.IdleTimeout), "no idle timeout")
	line.Add("%d in flight for a client, %d for a connection of the server, %d concurrent in the server", t.pendingRequests(), pending, concurrency)
	line.Add("%d KiB buffers, max size %v, at most %d MiB of the server's memory for a connection", buffer>>10, limit, t.connMemory(limit)>>20)
	return line.String()
}

// discardLog is the gorpc.LoggerFunc of clients and servers. gorpc's default logger
// writes to standard error, but every failure that matters becomes an error.
func discardLog(string, ...any) {}
