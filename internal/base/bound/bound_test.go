package bound

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCallReturnsTheError(t *testing.T) {
	for _, want := range []error{nil, io.EOF} {
		called := 0
		err := Call(time.Minute, func() error { called++; return want })
		if err != want || called != 1 {
			t.Errorf("Call: error %v after %d calls of f, want %v after 1", err, called, want)
		}
	}
}

func TestCallEndsTheWait(t *testing.T) {
	release, done := make(chan struct{}), make(chan struct{})
	err := Call(time.Millisecond, func() error {
		defer close(done)
		<-release
		return io.EOF
	})
	if !errors.Is(err, ErrNoReturn) || !strings.Contains(err.Error(), "no return within 1ms") {
		t.Errorf("Call of a function that hangs: error %v, want one that matches ErrNoReturn and states the duration", err)
	}
	close(release) // f continues, and its result does not block it
	<-done
}

func TestValue(t *testing.T) {
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(io.EOF)
	never := func(int) { t.Error("drop was called") }
	for _, want := range []error{nil, io.ErrUnexpectedEOF} {
		if got, err := Value(t.Context(), 0, func() (int, error) { return 7, want }, never); got != 7 || err != want {
			t.Errorf("Value: %d, %v, want 7, %v", got, err, want)
		}
	}
	if got, err := Value(ended, 0, func() (int, error) { t.Error("f was called"); return 7, nil }, never); got != 0 || err != io.EOF {
		t.Errorf("Value after the end of its context: %d, %v, want 0 and the cause", got, err)
	}
	ending, cancel := context.WithCancelCause(t.Context())
	if got, err := Value(ending, time.Minute, func() (int, error) { cancel(io.EOF); time.Sleep(time.Millisecond); return 7, nil }, never); got != 7 || err != nil {
		t.Errorf("Value that ends in its grace time: %d, %v, want 7, nil", got, err)
	}
}

// TestValueDropsWhatComesLate: what nobody receives any more is closed.
func TestValueDropsWhatComesLate(t *testing.T) {
	for _, late := range []error{nil, io.EOF} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		release, dropped := make(chan struct{}), make(chan int, 1)
		got, err := Value(ctx, time.Millisecond, func() (int, error) { <-release; return 7, late }, func(v int) { dropped <- v })
		if got != 0 || !errors.Is(err, ErrNoReturn) {
			t.Errorf("Value: %d, %v, want 0 and %v", got, err, ErrNoReturn)
		}
		close(release)
		cancel()
		if late != nil {
			continue // goleak finds the goroutine if it does not end
		}
		if v := <-dropped; v != 7 {
			t.Errorf("dropped %d, want 7", v)
		}
	}
}
