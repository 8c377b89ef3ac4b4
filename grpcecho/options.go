package grpcecho

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"

	"github.com/echobench/echobench/internal/base/race"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/internal/protocol/settings"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

const (
	maxConns                      = 65535            // ports of an address, and so connections from it to one server
	maxHeader                     = 8 << 10          // bytes of headers, in either direction
	handshakeTimeout              = 10 * time.Second // until a client has sent HTTP/2's preface
	maxStreams                    = 1024             // calls in flight on a connection
	minWindow        payload.Size = 64 << 10         // grpc ignores smaller windows
	defaultBuffer    payload.Size = 32 << 10         // grpc's default
)

// check checks the options. limit is the largest len(Data), in bytes.
func (t *Transport) check() (limit payload.Size, err error) {
	if err := cmp.Or(
		check.Conns("grpcecho", t.Conns, maxConns),
		check.NotNegative("grpcecho", "ReadBuffer", int(t.ReadBuffer)),
		check.NotNegative("grpcecho", "WriteBuffer", int(t.WriteBuffer)),
		check.NotNegative("grpcecho", "RefuseAbove", t.RefuseAbove),
		check.Timeout("grpcecho", "IdleTimeout", t.IdleTimeout),
	); err != nil {
		return 0, err
	}
	if t.Window != 0 && (t.Window < minWindow || t.Window > math.MaxInt32) {
		return 0, fmt.Errorf("grpcecho: Window %d: want %d to %d bytes, or 0 for a window that grows", int(t.Window), int(minWindow), math.MaxInt32)
	}
	return check.MaxSize("grpcecho", t.MaxSize)
}

// maxMessage returns the maximum length of an encoded message, in bytes, if data is
// limited to limit bytes. In the worst case, gzip adds 5 bytes for each block of
// 16 KiB that does not compress (RFC 1951, 3.2.4), and a header; the server then
// checks the length of the data after decompressing it.
func (t *Transport) maxMessage(limit payload.Size) int {
	n := int(limit) + payload.Overhead
	if t.Compress {
		n += n/1024 + 64
	}
	return n
}

// bothEnds returns the options that the clients and the server have in common.
func (t *Transport) bothEnds(limit payload.Size) (dial []grpc.DialOption, server []grpc.ServerOption) {
	add := func(d grpc.DialOption, s grpc.ServerOption) {
		dial, server = append(dial, d), append(server, s)
	}
	size := t.maxMessage(limit)
	add(grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(size)), grpc.MaxRecvMsgSize(size))
	add(grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(size)), grpc.MaxSendMsgSize(size))
	add(grpc.WithMaxHeaderListSize(maxHeader), grpc.MaxHeaderListSize(maxHeader))
	if t.Pool != nil {
		add(experimental.WithBufferPool(t.Pool), experimental.BufferPool(t.Pool))
	}
	if !t.StockCodec {
		c := codec{cmp.Or(t.Pool, mem.DefaultBufferPool())}
		add(grpc.WithDefaultCallOptions(grpc.ForceCodecV2(c)), grpc.ForceServerCodecV2(c))
	}
	if n := int(t.ReadBuffer); n > 0 {
		add(grpc.WithReadBufferSize(n), grpc.ReadBufferSize(n))
	}
	if n := int(t.WriteBuffer); n > 0 {
		add(grpc.WithWriteBufferSize(n), grpc.WriteBufferSize(n))
	}
	if n := int32(t.window()); n > 0 {
		add(grpc.WithStaticStreamWindowSize(n), grpc.StaticStreamWindowSize(n))
		add(grpc.WithStaticConnWindowSize(n), grpc.StaticConnWindowSize(n))
	}
	return dial, server
}

// window returns the fixed size of the windows in bytes, or 0 if they grow.
//
// In grpc before 1.85, the estimator of the bandwidth has a data race with itself if a
// peer acknowledges a ping that was not sent (grpc/grpc-go#9415). Garbage can contain
// such an acknowledgement, and so can what a Suite's check of the rules replays. With
// windows of a fixed size, grpc does not estimate the bandwidth.
func (t *Transport) window() payload.Size {
	if t.Window == 0 && race.Enabled {
		return minWindow
	}
	return t.Window
}

// dialOptions returns the options of every client.
func (t *Transport) dialOptions(limit payload.Size) []grpc.DialOption {
	options, _ := t.bothEnds(limit)
	creds := insecure.NewCredentials()
	if t.TLS {
		creds = credentials.NewTLS(stream.ClientTLS())
	}
	options = append(options,
		grpc.WithTransportCredentials(creds),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0),
	)
	if t.Compress {
		options = append(options, grpc.WithDefaultCallOptions(grpc.UseCompressor(gzip.Name)))
	}
	return append(options, t.client...)
}

// serverOptions returns the options of a server. Compress is not among them,
// because grpc compresses a reply if the request was compressed.
func (t *Transport) serverOptions(limit payload.Size) ([]grpc.ServerOption, error) {
	_, options := t.bothEnds(limit)
	options = append(options,
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.WaitForHandlers(true),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: t.IdleTimeout}),
	)
	creds := insecure.NewCredentials()
	if t.TLS {
		config, err := stream.ServerTLS()
		if err != nil {
			return nil, fmt.Errorf("grpcecho: %w", err)
		}
		creds = credentials.NewTLS(config)
	}
	options = append(options, grpc.Creds(creds))
	return append(options, t.server...), nil
}

// settings returns the settings for [echo.Description].
func (t *Transport) settings(limit payload.Size) string {
	var line settings.Line
	line.Choose(t.Stream, "a stream for each call in flight, kept open", "unary calls")
	line.Choose(t.TLS, "HTTP/2 over TLS, the server's certificate not verified", "HTTP/2 without TLS")
	line.AddConns(cmp.Or(t.Conns, 1), "ClientConn")
	line.Add("NODELAY on")
	line.Choose(t.Compress, "gzip, default level", "no compression")
	line.Add("no proxy, no service config, no keepalive pings except the server's after 2h, its TCP_USER_TIMEOUT 20s on Linux")
	line.Add("handshake timeout %v", handshakeTimeout)
	line.Choose(t.IdleTimeout > 0, fmt.Sprintf("the server's idle timeout %v", t.IdleTimeout), "no idle timeout")
	line.Add("%d concurrent streams for a connection, frames of at most 16KiB", maxStreams)
	line.Add("read buffer %v, write buffer %v", cmp.Or(t.ReadBuffer, defaultBuffer), cmp.Or(t.WriteBuffer, defaultBuffer))
	if n := t.window(); n > 0 {
		line.Add("windows of %v for each stream and connection, fixed", n)
	} else {
		line.Add("windows of %v that grow with the measured bandwidth to at most 16MiB", minWindow)
	}
	line.Choose(t.StockCodec, "grpc's own codec", "payload's codec")
	line.Choose(t.Pool != nil, "a custom buffer pool", "grpc's default buffer pool")
	if t.RefuseAbove > 0 {
		line.Add("requests refused while %d are in progress", t.RefuseAbove)
	}
	line.Add("at most %v of headers, max size %v", payload.Size(maxHeader), limit)
	return line.String()
}
