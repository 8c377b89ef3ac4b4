package echotest

import (
	"context"
	"errors"
	"net"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/payload"
)

func (k *kit) batch() {
	c, ok := k.Dial(k.Listen().Addr()).(echo.Batcher)
	if !ok {
		k.Skip("the transport's Clients do not implement echo.Batcher")
	}
	for _, n := range []int{1, 2, 10, 100} {
		k.mustEchoBatch(c, n)
	}
	k.batchOverLimit(c)
	k.batchEnds(c)
}

// mustEchoBatch sends a batch of n messages, which must be answered correctly.
func (k *kit) mustEchoBatch(c echo.Batcher, n int) {
	k.Helper()
	reqs, replies := k.newBatch(n)
	before := make([]*payload.Payload, n)
	for i, req := range reqs {
		before[i] = proto.Clone(req).(*payload.Payload)
	}
	if err := k.echoBatch(k.LongContext(), c, reqs, replies); err != nil {
		k.Fatalf("EchoBatch of %d messages: %v", n, err)
	}
	for i := range reqs {
		if err := trial.CheckReply(reqs[i], replies[i]); err != nil {
			k.Errorf("EchoBatch of %d messages, message %d: %v", n, i, err)
		}
		if !proto.Equal(reqs[i], before[i]) {
			k.Errorf("EchoBatch of %d messages, message %d: the request was modified", n, i)
		}
	}
}

// batchOverLimit sends a batch with one message that is too large.
func (k *kit) batchOverLimit(c echo.Batcher) {
	limit := k.Limit()
	if limit == 0 {
		return
	}
	reqs, replies := k.newBatch(3)
	reqs[1].Data = make([]byte, limit+1)
	if err := k.echoBatch(k.LongContext(), c, reqs, replies); !errors.Is(err, echo.ErrTooLarge) {
		k.Errorf("EchoBatch with a message over MaxSize: error %v, want one that matches echo.ErrTooLarge", err)
	}
	k.MustEcho(c, k.Request(64))
}

// batchEnds sends batches with a cancelled context and after Close.
func (k *kit) batchEnds(c echo.Batcher) {
	reqs, replies := k.newBatch(3)
	if err := k.echoBatch(trial.Cancelled(), c, reqs, replies); !errors.Is(err, context.Canceled) {
		k.Errorf("EchoBatch with a cancelled context: error %v, want one that matches context.Canceled", err)
	}
	k.CloseClient(c)
	if err := k.echoBatch(k.LongContext(), c, reqs, replies); !errors.Is(err, net.ErrClosed) {
		k.Errorf("EchoBatch after Close: error %v, want one that matches net.ErrClosed", err)
	}
}

// newBatch returns n requests of different sizes, and replies that look as if
// they had been used before.
func (k *kit) newBatch(n int) (reqs, replies []*payload.Payload) {
	for i := range n {
		reqs = append(reqs, k.Request(i*i))
		replies = append(replies, &payload.Payload{Id: 1, Data: []byte("stale"), Timestamp: 1})
	}
	return reqs, replies
}

// echoBatch calls c.EchoBatch, and fails the check if it hangs.
func (k *kit) echoBatch(ctx context.Context, c echo.Batcher, reqs, replies []*payload.Payload) error {
	k.Helper()
	return k.Within("EchoBatch", func() error { return c.EchoBatch(ctx, reqs, replies) })
}
