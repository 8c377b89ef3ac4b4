package bound

import (
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
