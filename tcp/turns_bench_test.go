package tcp_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/internal/benchkit"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/internal/turns"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp"
)

// BenchmarkOverBare compares an Echo with a ping-pong of the same bytes over a bare
// connection. The difference is what framing, protobuf and watching the context add
// to the kernel's cost.
func BenchmarkOverBare(b *testing.B) {
	for _, size := range []payload.Size{64, 64 << 10} {
		b.Run("size="+size.String(), func(b *testing.B) {
			client, err := tcp.Dial(b.Context(), tcp.StartServer(b))
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			req := &payload.Payload{Id: 1, Data: payload.Body(int(size), 1), Timestamp: 1}
			var reply payload.Payload
			turns.Latency(b,
				turns.Call{Name: "tcp", Echo: func() error { return client.Echo(b.Context(), req, &reply) }},
				turns.Call{Name: "bare", Echo: bareEcho(b, stream.AppendFrame(nil, req))},
			)
		})
	}
}

// bareEcho connects to a server that returns the bytes that it reads. The function
// that bareEcho returns sends the frame and receives as many bytes.
func bareEcho(b *testing.B, frame []byte) func() error {
	conn, err := net.Dial("tcp", testkit.Serve(b, func(conn net.Conn) {
		buf := make([]byte, len(frame))
		for {
			if _, err := io.ReadFull(conn, buf); err != nil {
				return
			}
			if _, err := conn.Write(buf); err != nil {
				return
			}
		}
	}))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	in := make([]byte, len(frame))
	return func() error {
		if _, err := conn.Write(frame); err != nil {
			return err
		}
		_, err := io.ReadFull(conn, in)
		return err
	}
}

// load returns one side of a comparison with 500 workers.
func load(b *testing.B, name string, tr echo.Transport, size payload.Size) *turns.Load {
	b.Helper()
	return turns.NewLoad(b, name, tr, size, 500)
}

// BenchmarkMuxOverPlain compares one multiplexed connection with one plain
// connection for each worker, and with the one connection of gorpc.
func BenchmarkMuxOverPlain(b *testing.B) {
	turns.Throughput(b, 100*time.Millisecond,
		load(b, "mux", &tcp.Transport{Mux: true}, 64),
		load(b, "plain", &tcp.Transport{}, 64),
		load(b, "gorpc", &gorpcecho.Transport{}, 64),
	)
}

// BenchmarkGrantsOverPlain compares flow control by the server with none. It also
// reports the 99th percentile of each divided by its median.
func BenchmarkGrantsOverPlain(b *testing.B) {
	grants := load(b, "grants", benchkit.Select(b, tcp.Variants(), "tcpgrants")[0].Transport, 64<<10)
	plain := load(b, "plain", &tcp.Transport{}, 64<<10)
	turns.Throughput(b, 500*time.Millisecond, grants, plain)
	b.ReportMetric(grants.Tail(), "grants-p99/p50")
	b.ReportMetric(plain.Tail(), "plain-p99/p50")
}
