package grpcecho

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/race"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

func TestNoCompressionByDefault(t *testing.T) {
	c, p := testkit.StartProxied(t, &Transport{})
	before := p.Sent()
	zeros := make([]byte, 64<<10)
	if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 1, Data: zeros}, new(payload.Payload)); err != nil {
		t.Fatal(err)
	}
	if got := p.Sent() - before; got < len(zeros) {
		t.Errorf("%d zeros were sent in %d bytes, want at least as many", len(zeros), got)
	}
}

func TestCompress(t *testing.T) {
	for _, stream := range []bool{false, true} {
		t.Run(fmt.Sprintf("stream=%t", stream), func(t *testing.T) {
			tr := &Transport{Compress: true, Stream: stream}
			srv, l := listenWatched(t, tr)
			c := testkit.Dial(t, tr, srv.Addr())
			zeros := make([]byte, 1<<20)
			var reply payload.Payload
			if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 1, Data: zeros}, &reply); err != nil || !bytes.Equal(reply.Data, zeros) {
				t.Fatalf("Echo: error %v, %d bytes", err, len(reply.Data))
			}
			if in, out := l.in.Load(), l.out.Load(); in > 16<<10 || out > 16<<10 {
				t.Errorf("%d zeros were sent in %d bytes and answered in %d, want at most %d", len(zeros), in, out, 16<<10)
			}
		})
	}
}

// A message that exceeds the limit after decompression is refused, and data that
// does not compress may be as long as the limit.
func TestCompressLimits(t *testing.T) {
	const limit = 64 << 10
	srv := listen(t, &Transport{MaxSize: limit, Compress: true})
	c := testkit.Dial(t, &Transport{Compress: true}, srv.Addr())
	for _, n := range []int{limit + 1, 4 << 20} {
		if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 1, Data: make([]byte, n)}, new(payload.Payload)); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("Echo of %d zeros: error %v, want ErrTooLarge", n, err)
		}
	}
	testkit.MustEcho(t, c, 1, limit) // random bytes
}

// A client that sends much data in few compressed bytes makes the server hold a
// bounded amount of memory.
func TestMemoryOfCompressedRequests(t *testing.T) {
	if race.Enabled {
		t.Skip("gzip is ten times slower with the race detector")
	}
	const bound, calls = 700 << 20, 500 // with garbage
	srv := listen(t, &Transport{})
	other := testkit.Dial(t, &Transport{}, srv.Addr())
	var message bytes.Buffer
	z := gzip.NewWriter(&message)
	z.Write(testkit.Encode(t, &payload.Payload{Id: 1, Data: make([]byte, 4<<20)}))
	z.Close()
	c := dialRaw(t, srv.Addr())
	var requests []byte
	for id := uint32(1); id < 2*calls; id += 2 {
		f := data(id, message.Len(), 5+message.Len())
		f[4], f[frameHeader] = endStream, 1 // a compressed message
		copy(f[frameHeader+5:], message.Bytes())
		requests = append(append(requests, headers(id, header("grpc-encoding", "gzip"))...), f...)
	}
	before, peak := heap(), 0
	c.Write(requests)
	eventually(t, "all requests answered, or the connection ended", func() bool {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, int(m.HeapAlloc))
		return srv.listener.Conns.Len() == 1 || c.finished.Load() == calls
	})
	if grown := peak - before; grown > bound {
		t.Errorf("%d compressed requests of %v take %d MiB, want at most %d", calls, payload.Size(4<<20), grown>>20, bound>>20)
	}
	testkit.MustEcho(t, other, 1, 4<<20)
}
