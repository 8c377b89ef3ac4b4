package gorpcecho

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
)

// Many callers take turns at few places.
func TestPlaces(t *testing.T) {
	const limit, callers, turns = 3, 100, 100
	p := newPlaces(limit)
	var inside atomic.Int64
	errs := make(chan error, callers)
	for range callers {
		go func() {
			for range turns {
				if !p.take(t.Context(), nil) {
					errs <- errors.New("no place")
					return
				}
				if inside.Add(1) > limit {
					errs <- errors.New("more calls than places")
					return
				}
				inside.Add(-1)
				p.free(1)
			}
			errs <- nil
		}()
	}
	for range callers {
		if err := testkit.Receive(t, "the end of a caller", errs); err != nil {
			t.Fatal(err)
		}
	}
	if taken, waiting := p.taken.Load(), p.waiting.Load(); taken != 0 || waiting != 0 {
		t.Errorf("%d places are taken and %d calls wait, want none", taken, waiting)
	}
}

// A call that waits for a place ends with its context and with the client, and
// places that are held beyond the limit count until they are free.
func TestPlacesWait(t *testing.T) {
	p := newPlaces(1)
	if !p.take(t.Context(), nil) {
		t.Fatal("no place although all are free")
	}
	p.hold(10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	got := make(chan bool, 1)
	wait := func(ctx context.Context) { go func() { got <- p.take(ctx, ended) }() }
	wait(ctx)
	cancel()
	if testkit.Receive(t, "take after cancel", got) {
		t.Error("take returned a place although none is free")
	}
	wait(t.Context())
	close(ended)
	if testkit.Receive(t, "take after the client's end", got) {
		t.Error("take returned a place although none is free")
	}
	ended = make(chan struct{})
	p.free(10)
	wait(t.Context())
	p.free(1)
	if !testkit.Receive(t, "take after free", got) {
		t.Error("take returned no place although one is free")
	}
	if taken := p.taken.Load(); taken != 1 {
		t.Errorf("%d places are taken, want 1", taken)
	}
}
