package gorpcecho

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"time"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/internal/protocol/settings"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

const (
	// pending is how many replies of a connection may wait in the server to be sent,
	// and how many requests in a Client that serves one worker. gorpc's default is
	// 32768, for which it allocates 256 KiB at each end of a connection in advance;
	// this takes 32 KiB.
	pending = 4096

	// sharedPending is how many requests may wait in a Client that serves all workers.
	sharedPending = 16384

	maxConns      = 1024
	maxFlushDelay = time.Second
)

// check checks the options. limit is the largest len(Data), in bytes.
func (t *Transport) check() (limit payload.Size, err error) {
	if err := check.Conns("gorpcecho", t.Conns, maxConns); err != nil {
		return 0, err
	}
	if t.FlushDelay < 0 || t.FlushDelay > maxFlushDelay {
		return 0, fmt.Errorf("gorpcecho: FlushDelay %v: want 0 (flush at once) to %v", t.FlushDelay, maxFlushDelay)
	}
	return check.MaxSize("gorpcecho", t.MaxSize)
}

// pendingRequests returns gorpc's option PendingRequests for each Client.
func (t *Transport) pendingRequests() int {
	if t.Conns == echo.Each {
		return pending
	}
	return sharedPending
}

// connsPerClient returns how many connections each Client has.
func (t *Transport) connsPerClient() int { return max(t.Conns, 1) }

// serverTLS returns a configuration with a new certificate, or nil without TLS.
func (t *Transport) serverTLS() (*tls.Config, error) {
	if !t.TLS {
		return nil, nil
	}
	return stream.ServerTLS()
}

// settings returns the settings for [echo.Description].
func (t *Transport) settings(limit payload.Size) string {
	var line settings.Line
	line.AddConns(cmp.Or(t.Conns, 1), "connection")
	line.Choose(t.Unix, "Unix domain sockets", "TCP with NODELAY on")
	line.Choose(t.TLS, "TLS, the server's certificate not verified", "no TLS")
	line.Choose(t.Compress, "DEFLATE at its fastest", "no compression (gorpc's default is to compress)")
	line.Choose(t.FlushDelay > 0, fmt.Sprintf("flush after %v", t.FlushDelay), "flush at once")
	line.Add("no timeout for calls, no reconnecting, no idle timeout")
	line.Add("PendingRequests %d, PendingResponses %d, Concurrency %d", t.pendingRequests(), pending, gorpc.DefaultConcurrency)
	line.Add("%d KiB buffers, max size %v", gorpc.DefaultBufferSize>>10, limit)
	return line.String()
}

// exceptions returns the Exceptions of the Description. gorpc behaves the same with TLS and
// compression, but the kit cannot read such requests and so cannot test it.
// AnnouncedLength is tested only if MaxSize is 2 MiB or more.
func (t *Transport) exceptions(limit payload.Size) (list []echo.Exception) {
	if !t.TLS && !t.Compress {
		list = append(list, echo.Exception{
			Rule: "OthersServed",
			Reason: fmt.Sprintf("gorpc's server reads on from a client that reads no replies: %d of them wait in a queue, the next %d keep all handlers, and then nobody is served",
				pending, gorpc.DefaultConcurrency),
		})
	}
	if !t.TLS && limit >= 2<<20 {
		list = append(list, echo.Exception{
			Rule:   "AnnouncedLength",
			Reason: "gob allocates up to 10 MiB as soon as it knows a message's length: 4 MiB after 150 bytes of a request of 4 MiB",
		})
	}
	return list
}
