package grpcecho

import (
	"bytes"
	"errors"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
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
	eachMode(t, func(t *testing.T, stream bool) {
		c, p := testkit.StartProxied(t, &Transport{Compress: true, Stream: stream})
		zeros := make([]byte, 1<<20)
		var reply payload.Payload
		if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 1, Data: zeros}, &reply); err != nil || !bytes.Equal(reply.Data, zeros) {
			t.Fatalf("Echo: error %v, %d bytes", err, len(reply.Data))
		}
		for i, sent := range p.Streams() {
			if len(sent) > 16<<10 {
				t.Errorf("%d zeros took %d bytes in direction %d, want at most %d", len(zeros), len(sent), i, 16<<10)
			}
		}
	})
}

// A message that exceeds the limit after decompression is rejected, and data that
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
