package grpcecho

import (
	"fmt"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

func TestTieredPool(t *testing.T) {
	pool := TieredPool()
	for _, c := range []struct{ length, want int }{
		{1, 256}, {256, 256}, {257, 4 << 10}, {16 << 10, 16 << 10}, {32 << 10, 32 << 10}, {32<<10 + 1, 64 << 10},
		{64<<10 + 22, 128 << 10}, {200 << 10, 256 << 10}, {300 << 10, 512 << 10}, {600 << 10, 1 << 20},
	} {
		if got := pool.Get(c.length); len(*got) != c.length || cap(*got) != c.want {
			t.Errorf("Get(%d): length %d and capacity %d, want capacity %d", c.length, len(*got), cap(*got), c.want)
		}
	}
}

// TestDefaultPool checks what TieredPool's documentation states about grpc's
// default pool.
func TestDefaultPool(t *testing.T) {
	for _, c := range []struct{ data, want int }{{32746, 32 << 10}, {32747, 1 << 20}} {
		n := proto.Size(&payload.Payload{Id: 1, Data: make([]byte, c.data), Timestamp: 1})
		if got := cap(*mem.DefaultBufferPool().Get(n)); got != c.want {
			t.Errorf("%d bytes of data, %d encoded, get a buffer of %d, want %d", c.data, n, got, c.want)
		}
	}
}

// A countingPool counts the buffers that are longer than a frame, for which only
// the codec asks, and those of them that were put back.
type countingPool struct {
	mem.BufferPool
	got, put atomic.Int64
}

func (p *countingPool) Get(length int) *[]byte {
	if length > 16<<10 {
		p.got.Add(1)
	}
	return p.BufferPool.Get(length)
}

func (p *countingPool) Put(b *[]byte) {
	if cap(*b) > 16<<10 {
		p.put.Add(1)
	}
	p.BufferPool.Put(b)
}

func TestBothEndsUseThePool(t *testing.T) {
	for _, stream := range []bool{false, true} {
		t.Run(fmt.Sprintf("stream=%t", stream), func(t *testing.T) {
			server, client := &countingPool{BufferPool: TieredPool()}, &countingPool{BufferPool: TieredPool()}
			srv := listen(t, &Transport{Pool: server, Stream: stream})
			c := testkit.Dial(t, &Transport{Pool: client, Stream: stream}, srv.Addr())
			const rounds = 10
			for range rounds {
				testkit.MustEcho(t, c, 1, 32<<10)
			}
			c.Close()
			srv.Close()
			// One buffer to encode a message and one to decode it.
			for _, end := range []struct {
				name string
				pool *countingPool
			}{{"server", server}, {"client", client}} {
				if got, put := end.pool.got.Load(), end.pool.put.Load(); got != 2*rounds || put != got {
					t.Errorf("the %s got %d buffers for %d echoes and put %d back, want %d", end.name, got, rounds, put, 2*rounds)
				}
			}
		})
	}
}
