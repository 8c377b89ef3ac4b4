//go:build cgo && !nozmq

package zmqecho

import (
	"testing"
	"time"

	"github.com/echobench/echobench/internal/benchkit"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/internal/turns"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/cping"
)

// BenchmarkOverC compares an Echo with libzmq's own ping-pong of as many bytes, which
// is in C at both ends. The ratio is what Go, protobuf, and watching contexts and
// connections cost in addition to libzmq.
func BenchmarkOverC(b *testing.B) {
	const size, rounds = 64, 100 // so many round trips in C take some milliseconds
	for _, v := range benchkit.Select(b, Variants(), "zmq", "zmqpolled") {
		b.Run("proto="+v.Name+"/size=64B", func(b *testing.B) {
			c, err := cping.Start()
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			client, ctx := testkit.Start(b, v.Transport), b.Context()
			req := &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: time.Now().UnixNano()}
			bytes := len(testkit.Encode(b, req))
			latencies := make([]int64, rounds)
			var reply payload.Payload
			turns.Latency(b,
				turns.Call{Name: v.Name, Echo: func() error {
					if err := client.Echo(ctx, req, &reply); err != nil {
						return err
					}
					return contract.Verify(req, &reply, false)
				}},
				turns.Call{Name: "c", Every: rounds, Batch: func() ([]int64, error) {
					return latencies, c.Ping(bytes, latencies)
				}},
			)
		})
	}
}

// BenchmarkPolledOverBlocking compares 500 workers on REQ sockets that Go polls with
// as many on REQ sockets that block threads.
func BenchmarkPolledOverBlocking(b *testing.B) {
	const workers, slice = 500, 200 * time.Millisecond
	for _, size := range benchkit.SmallAndLarge() {
		b.Run("size="+size.String()+"/par=500", func(b *testing.B) {
			turns.Throughput(b, slice,
				turns.NewLoad(b, "polled", &Transport{Poll: true}, size, workers),
				turns.NewLoad(b, "blocking", &Transport{}, size, workers),
			)
		})
	}
}
