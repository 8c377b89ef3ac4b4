package gorpcecho

import (
	"context"
	"errors"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

func batchOf(ids ...uint64) (reqs, replies []*payload.Payload) {
	for _, id := range ids {
		reqs = append(reqs, &payload.Payload{Id: id, Data: payload.Body(100, id), Timestamp: 1})
		replies = append(replies, new(payload.Payload))
	}
	return reqs, replies
}

func TestBatchCancelled(t *testing.T) {
	srv := serveHeld(t)
	c := testkit.Dial(t, &Transport{}, srv.addr).(echo.Batcher)
	ctx, cancel := context.WithCancel(t.Context())
	reqs, replies := batchOf(1, 2, 3)
	done := make(chan error, 1)
	go func() { done <- c.EchoBatch(ctx, reqs, replies) }()
	srv.awaitArrival(t, len(reqs))
	cancel()
	if err := testkit.Receive(t, "the end of EchoBatch", done); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that matches context.Canceled", err)
	}
}

// The client remains usable after a batch of which the server refused a message.
func TestBatchRefused(t *testing.T) {
	c := testkit.Dial(t, &Transport{}, echo.StartServer(t, &Transport{MaxSize: 100})).(echo.Batcher)
	reqs, replies := batchOf(1, 2, 3)
	reqs[1].Data = make([]byte, 101)
	err := testkit.Within(t, "EchoBatch", func() error { return c.EchoBatch(t.Context(), reqs, replies) })
	if !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("101 bytes to a server with a limit of 100: error %v, want one that matches ErrTooLarge", err)
	}
	testkit.MustEcho(t, c, 4, 100)
}
