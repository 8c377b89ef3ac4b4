package echotest

import (
	"errors"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

func (k *kit) sizes() {
	c := k.dial(k.listen().Addr())
	largest := k.maxSize()
	sizes := sizesUpTo(largest)
	// Generating the data takes most of the time, so all sizes use parts of it.
	data := payload.Body(largest+len(sizes), 1)
	for i, size := range sizes {
		k.mustEcho(c, &payload.Payload{Id: uint64(i), Data: data[i:][:size], Timestamp: 1})
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
	limit := k.limit()
	if limit == 0 {
		k.Skip("the transport has no MaxSize")
	}
	c := k.dial(k.listen().Addr())
	for _, size := range []int{limit + 1, limit + 1 + payload.Overhead} {
		err := k.echo(k.longContext(), c, &payload.Payload{Data: make([]byte, size)}, new(payload.Payload))
		if !errors.Is(err, echo.ErrTooLarge) {
			k.Fatalf("Echo of %d bytes with MaxSize %d: error %v, want one that matches echo.ErrTooLarge", size, limit, err)
		}
		k.mustEcho(c, k.request(64))
	}
}

func (k *kit) overLimitUnsent() {
	limit := k.limit()
	if limit == 0 {
		k.Skip("the transport has no MaxSize")
	}
	if limit < 4096 {
		k.Skipf("MaxSize is %d: so little data cannot be distinguished from the protocol's own traffic", limit)
	}
	l := k.proxied()
	before := l.proxy.Sent()
	k.echo(k.longContext(), l.client, &payload.Payload{Data: make([]byte, limit+1)}, new(payload.Payload))
	if sent := l.proxy.Sent() - before; sent > limit {
		k.Errorf("Echo of %d bytes with MaxSize %d sent %d bytes, want none of the data", limit+1, limit, sent)
	}
}
