package grpcecho

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"math"
	"strings"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/mem"
)

const (
	minWindow     payload.Size = 64 << 10 // grpc ignores less
	defaultBuffer payload.Size = 32 << 10 // grpc's
)

// check returns the limit that MaxSize sets, and the first mistake in the fields.
func (t *Transport) check() (limit payload.Size, err error) {
	if t.Conns < echo.Each {
		return 0, fmt.Errorf("grpcecho: Conns %d: want 0 or more, or echo.Each", t.Conns)
	}
	if err := check.NotNegative("grpcecho", "WriteBuffer", int(t.WriteBuffer)); err != nil {
		return 0, err
	}
	if err := check.NotNegative("grpcecho", "ReadBuffer", int(t.ReadBuffer)); err != nil {
		return 0, err
	}
	if t.Window != 0 && (t.Window < minWindow || t.Window > math.MaxInt32) {
		return 0, fmt.Errorf("grpcecho: Window %d: want %d to %d bytes, or 0 for one that grows", int(t.Window), int(minWindow), math.MaxInt32)
	}
	return check.MaxSize("grpcecho", t.MaxSize)
}

// zipped is how long a message may become by gzip at the worst: 5 bytes more
// for each block of 16 KiB that does not compress (RFC 1951, 3.2.4), and a
// header. The server checks the length of the data after that.
func zipped(limit payload.Size) int {
	n := int(limit) + payload.Overhead
	return n + n/1024 + 64
}

// dialOptions are what the fields add to every client's options.
func (t *Transport) dialOptions(limit payload.Size) []grpc.DialOption {
	var options []grpc.DialOption
	if t.TLS {
		options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
			InsecureSkipVerify: true, // nobody has signed the server's certificate
		})))
	}
	if t.Gzip {
		options = append(options, grpc.WithDefaultCallOptions(
			grpc.UseCompressor(gzip.Name),
			grpc.MaxCallRecvMsgSize(zipped(limit)),
			grpc.MaxCallSendMsgSize(zipped(limit)),
		))
	}
	if t.Pool != nil {
		options = append(options, experimental.WithBufferPool(t.Pool))
	}
	if !t.StockCodec {
		options = append(options, grpc.WithDefaultCallOptions(grpc.ForceCodecV2(t.codec())))
	}
	if t.WriteBuffer > 0 {
		options = append(options, grpc.WithWriteBufferSize(int(t.WriteBuffer)))
	}
	if t.ReadBuffer > 0 {
		options = append(options, grpc.WithReadBufferSize(int(t.ReadBuffer)))
	}
	if t.Window > 0 {
		options = append(options, grpc.WithStaticStreamWindowSize(int32(t.Window)), grpc.WithStaticConnWindowSize(int32(t.Window)))
	}
	return options
}

// serverOptions are the same for the server. Whether to compress the answers is
// grpc's to decide: as the request was.
func (t *Transport) serverOptions(limit payload.Size) ([]grpc.ServerOption, error) {
	var options []grpc.ServerOption
	if t.TLS {
		config, err := stream.ServerTLS()
		if err != nil {
			return nil, fmt.Errorf("grpcecho: %w", err)
		}
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	if t.Gzip {
		options = append(options, grpc.MaxRecvMsgSize(zipped(limit)), grpc.MaxSendMsgSize(zipped(limit)))
	}
	if t.Pool != nil {
		options = append(options, experimental.BufferPool(t.Pool))
	}
	if !t.StockCodec {
		options = append(options, grpc.ForceServerCodecV2(t.codec()))
	}
	if t.WriteBuffer > 0 {
		options = append(options, grpc.WriteBufferSize(int(t.WriteBuffer)))
	}
	if t.ReadBuffer > 0 {
		options = append(options, grpc.ReadBufferSize(int(t.ReadBuffer)))
	}
	if t.Window > 0 {
		options = append(options, grpc.StaticStreamWindowSize(int32(t.Window)), grpc.StaticConnWindowSize(int32(t.Window)))
	}
	return append(options, t.server...), nil
}

func (t *Transport) codec() codec {
	return codec{cmp.Or(t.Pool, mem.DefaultBufferPool())}
}

// settings is what Describe tells of conns ClientConns.
func (t *Transport) settings(conns int, limit payload.Size) string {
	say := func(option bool, yes, no string) string {
		if option {
			return yes
		}
		return no
	}
	window := fmt.Sprintf("windows of %v that grow to 16MiB at most as bandwidth is measured", minWindow)
	if t.Window > 0 {
		window = fmt.Sprintf("windows of %v a stream and a connection, fixed", t.Window)
	}
	return strings.Join([]string{
		say(t.Stream, "a stream for each call in flight, kept open", "unary calls"),
		say(t.TLS, "HTTP/2 over TLS, the server's certificate not verified", "HTTP/2 without TLS"),
		fmt.Sprintf("ClientConns shared by the workers %d, one connection each", conns),
		"NODELAY on",
		say(t.Gzip, "gzip, default level", "no compression"),
		"no proxy, no service config, no idle timeout, no keepalive pings but the server's after 2h",
		fmt.Sprintf("handshake timeout %v, concurrent streams unlimited, frames of at most 16KiB", handshakeTimeout),
		fmt.Sprintf("read buffer %v, write buffer %v", cmp.Or(t.ReadBuffer, defaultBuffer), cmp.Or(t.WriteBuffer, defaultBuffer)),
		window,
		say(t.StockCodec, "grpc's own codec", "payload's codec"),
		say(t.Pool != nil, "a buffer pool of the user's", "grpc's default buffer pool"),
		fmt.Sprintf("at most %v of headers, max size %v", payload.Size(maxHeader), limit),
	}, ", ")
}
