package grpcecho

import (
	"bytes"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

func TestTieredPool(t *testing.T) {
	pool := TieredPool()
	for _, c := range []struct{ length, want int }{
		{1, 256}, {256, 256}, {257, 4 << 10}, {16 << 10, 16 << 10}, {32 << 10, 32 << 10}, {32<<10 + 1, 64 << 10},
		{64<<10 + 22, 128 << 10}, {200 << 10, 256 << 10}, {300 << 10, 512 << 10}, {600 << 10, 1 << 20},
	} {
		if got := pool.Get(c.length); len(*got) != c.length || cap(*got) != c.want {
			t.Errorf("Get(%d): %d of %d bytes, want a buffer of %d", c.length, len(*got), cap(*got), c.want)
		}
	}
}

// What the package says of the default pool, and of where its step is.
func TestDefaultPool(t *testing.T) {
	for _, c := range []struct{ data, want int }{{32746, 32 << 10}, {32747, 1 << 20}} {
		n := proto.Size(&payload.Payload{Id: 1, Data: make([]byte, c.data), Timestamp: 1})
		if got := cap(*mem.DefaultBufferPool().Get(n)); got != c.want {
			t.Errorf("%d bytes of data, %d encoded, get a buffer of %d, want %d", c.data, n, got, c.want)
		}
	}
}

// A countingPool counts the buffers longer than a frame, which only the codec
// asks for, and those of them that came back.
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

func TestPoolIsUsedByBothEnds(t *testing.T) {
	for _, stream := range []bool{false, true} {
		server, client := &countingPool{BufferPool: TieredPool()}, &countingPool{BufferPool: TieredPool()}
		srv := listenAndServe(t, &Transport{Pool: server, Stream: stream})
		c, err := (&Transport{Pool: client, Stream: stream}).Dial(bounded(t), srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		data := payload.Body(32<<10, 1)
		const rounds = 10
		for range rounds {
			var reply payload.Payload
			if err := c.Echo(bounded(t), &payload.Payload{Id: 1, Data: data}, &reply); err != nil || !bytes.Equal(reply.Data, data) {
				t.Fatalf("Echo: %v, %d bytes", err, len(reply.Data))
			}
		}
		c.Close()
		srv.Close()
		// One buffer to encode a message and one to decode it.
		for _, end := range []struct {
			name string
			pool *countingPool
		}{{"server", server}, {"client", client}} {
			if got, put := end.pool.got.Load(), end.pool.put.Load(); got != 2*rounds || put != got {
				t.Errorf("stream %t: the %s got %d buffers for %d echoes and put %d back, want %d", stream, end.name, got, rounds, put, 2*rounds)
			}
		}
	}
}
