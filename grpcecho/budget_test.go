package grpcecho

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
)

// takeLater takes n bytes in another goroutine, and returns when it waits in the
// given place of the queue.
func takeLater(t *testing.T, ctx context.Context, b *budget, n, place int) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- b.take(ctx, n) }()
	for end := time.Now().Add(testkit.Hang); time.Now().Before(end); time.Sleep(time.Millisecond) {
		b.mu.Lock()
		waiting := b.waiting.Len()
		b.mu.Unlock()
		if waiting == place {
			return done
		}
	}
	t.Fatalf("take(%d) does not wait", n)
	return nil
}

func TestBudget(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newBudget(10)
	for _, n := range []int{4, 6} {
		if err := b.take(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	cancelled := takeLater(t, ctx, b, 10, 1)
	large := takeLater(t, t.Context(), b, 1000, 2) // all of it
	small := takeLater(t, t.Context(), b, 1, 3)

	b.give(6)
	if len(small) > 0 {
		t.Error("the third has overtaken the second, who waits for more")
	}
	cancel()
	if err := testkit.Receive(t, "the first", cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("take with a cancelled context: error %v, want context.Canceled", err)
	}
	b.give(4)
	if err := testkit.Receive(t, "the second", large); err != nil {
		t.Error(err)
	}
	b.give(1000)
	if err := testkit.Receive(t, "the third", small); err != nil {
		t.Error(err)
	}
	b.give(1)
	if b.free != 10 {
		t.Errorf("%d bytes are free after everything was given back, want 10", b.free)
	}

	if err := b.take(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	last := takeLater(t, t.Context(), b, 1, 1)
	b.close()
	if err := testkit.Receive(t, "a take during close", last); !errors.Is(err, net.ErrClosed) {
		t.Errorf("take during close: error %v, want net.ErrClosed", err)
	}
}
