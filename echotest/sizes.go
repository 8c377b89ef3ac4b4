package echotest

import (
	"errors"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

func (k *kit) sizes() {
	c := k.Dial(k.Listen().Addr())
	largest := k.MaxSize()
	sizes := sizesUpTo(largest)
	// Generating the data takes most of the time, so all sizes use parts of it.
	data := payload.Body(largest+len(sizes), 1)
	for i, size := range sizes {
		k.MustEcho(c, &payload.Payload{Id: uint64(i), Data: data[i:][:size], Timestamp: 1})
	}
}

// sizesUpTo returns 0, largest, and between them the powers of two and their
// neighbours.
func sizesUpTo(largest int) []int {
	sizes := []int{0}
	for n := 1; n <= largest; n *= 2 {
		for _, size := range []int{n - 1, n, n + 1} {
			if size > sizes[len(sizes)-1] && size < largest {
				sizes = append(sizes, size)
			}
		}
	}
	return append(sizes, largest)
}

func (k *kit) overLimit() {
	limit := k.Limit()
	if limit == 0 {
		k.Skip("the transport has no MaxSize")
	}
	c := k.Dial(k.Listen().Addr())
	for _, size := range []int{limit + 1, limit + 1 + payload.Overhead} {
		err := k.Echo(k.LongContext(), c, &payload.Payload{Data: make([]byte, size)}, new(payload.Payload))
		if !errors.Is(err, echo.ErrTooLarge) {
			k.Fatalf("Echo of %d bytes with MaxSize %d: error %v, want one that matches echo.ErrTooLarge", size, limit, err)
		}
		k.MustEcho(c, k.Request(64))
	}
}

func (k *kit) overLimitUnsent() {
	limit := k.Limit()
	if limit == 0 {
		k.Skip("the transport has no MaxSize")
	}
	if limit < 4096 {
		k.Skipf("MaxSize is %d: so little data cannot be distinguished from the protocol's own traffic", limit)
	}
	l := k.Proxied()
	before := l.Proxy.Sent()
	k.Echo(k.LongContext(), l.Client, &payload.Payload{Data: make([]byte, limit+1)}, new(payload.Payload))
	if sent := l.Proxy.Sent() - before; sent > limit {
		k.Errorf("Echo of %d bytes with MaxSize %d sent %d bytes, want none of the data", limit+1, limit, sent)
	}
}
