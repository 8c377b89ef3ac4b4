package tcp

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// BenchmarkOverBare compares an Echo with a bare ping-pong of the same bytes
// over the same kind of connection: what framing, protobuf and the watch over a
// context cost on top of the kernel. The two alternate, so that both meet the
// same machine; over-bare is the ratio of their medians.
func BenchmarkOverBare(b *testing.B) {
	for _, size := range []payload.Size{64, 64 << 10} {
		b.Run("size="+size.String(), func(b *testing.B) {
			client, err := Dial(b.Context(), StartServer(b))
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			req := &payload.Payload{Id: 1, Data: payload.Body(int(size), 1), Timestamp: 1}
			var reply payload.Payload
			frame := appendFrame(nil, req)
			bare := dialBare(b, len(frame))
			in := make([]byte, len(frame))

			tcpRTT, bareRTT := hdrhistogram.New(1, int64(time.Minute), 3), hdrhistogram.New(1, int64(time.Minute), 3)
			for b.Loop() {
				start := time.Now()
				if _, err := bare.Write(frame); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(bare, in); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				if err := client.Echo(b.Context(), req, &reply); err != nil {
					b.Fatal(err)
				}
				bareRTT.RecordValue(int64(middle.Sub(start)))
				tcpRTT.RecordValue(int64(time.Since(middle)))
			}
			tcpP50, bareP50 := float64(tcpRTT.ValueAtPercentile(50)), float64(bareRTT.ValueAtPercentile(50))
			b.ReportMetric(0, "ns/op") // the sum of both means nothing
			b.ReportMetric(tcpP50, "tcp-p50-ns")
			b.ReportMetric(bareP50, "bare-p50-ns")
			b.ReportMetric(tcpP50/bareP50, "over-bare")
		})
	}
}

// dialBare connects to a server that sends n bytes back whenever it has read n.
func dialBare(b *testing.B, n int) net.Conn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := stream.Serve(l, func(conn net.Conn) {
		buf := make([]byte, n)
		for {
			if _, err := io.ReadFull(conn, buf); err != nil {
				return
			}
			if _, err := conn.Write(buf); err != nil {
				return
			}
		}
	})
	b.Cleanup(func() { srv.Close() })
	conn, err := net.Dial("tcp", srv.Addr())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return conn
}
