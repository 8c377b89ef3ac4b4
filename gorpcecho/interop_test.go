package gorpcecho

import (
	"testing"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

var interopSizes = []int{0, 64, 4 << 10, 64 << 10, 1 << 20}

// The client and the server of this package exchange the same bytes with gorpc as
// with each other, with and without compression.

func TestClientSpeaksToGorpc(t *testing.T) {
	addr, _ := serveGorpc(t, func(_ string, request any) any {
		return answer(request.([]byte), new(payload.Payload), check.DefaultMaxSize)
	})
	for _, compress := range []bool{false, true} {
		c := testkit.Dial(t, &Transport{Compress: compress}, addr)
		for _, size := range interopSizes {
			testkit.MustEcho(t, c, uint64(size), size)
		}
	}
}

func TestServerSpeaksToGorpc(t *testing.T) {
	addr := StartServer(t)
	for _, compress := range []bool{false, true} {
		c := gorpc.NewTCPClient(addr)
		c.DisableCompression = !compress
		c.LogError = gorpc.NilErrorLogger
		c.Start()
		for _, size := range interopSizes {
			req := &payload.Payload{Id: 9, Data: payload.Body(size, 1), Timestamp: 1}
			response, err := c.CallTimeout(testkit.Encode(t, req), testkit.Hang)
			if err != nil {
				t.Errorf("compression %v, %d bytes: %v", compress, size, err)
				continue
			}
			if got, ok := response.([]byte); !ok || len(got) != len(testkit.Encode(t, req)) {
				t.Errorf("compression %v, %d bytes: response %.50v", compress, size, response)
			}
		}
		c.Stop()
	}
}
