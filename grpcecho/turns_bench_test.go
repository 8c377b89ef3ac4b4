package grpcecho

import (
	"testing"

	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/internal/turns"
	"github.com/echobench/echobench/payload"
)

// BenchmarkTieredOverDefault compares the two buffer pools in turns. At 32704B, both
// use buffers of 32 KiB, so that a ratio of about 1 shows that the comparison is
// fair.
func BenchmarkTieredOverDefault(b *testing.B) {
	for _, size := range []payload.Size{32704, 32 << 10, 64 << 10} {
		b.Run("size="+size.String(), func(b *testing.B) {
			turns.Latency(b,
				call(b, "tiered", &Transport{Pool: TieredPool()}, size),
				call(b, "default", &Transport{}, size),
			)
		})
	}
}

// call returns an echo of size bytes with a server and a client of tr.
func call(b *testing.B, name string, tr *Transport, size payload.Size) turns.Call {
	b.Helper()
	client, ctx := testkit.Start(b, tr), b.Context()
	req := &payload.Payload{Id: 1, Data: payload.Body(int(size), 1), Timestamp: 1}
	var reply payload.Payload
	return turns.Call{Name: name, Echo: func() error {
		if err := client.Echo(ctx, req, &reply); err != nil {
			return err
		}
		return contract.Verify(req, &reply, false)
	}}
}
