// Package bound limits how long a call may take.
package bound

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoReturn is matched by the error of a Call or a Value whose function did not return
// in time.
var ErrNoReturn = errors.New("no return")

// Call calls f and returns its error. If f does not return within d, Call
// returns an error that matches [ErrNoReturn]. f then continues in its own
// goroutine, because Go has no way to end it.
func Call(d time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("%w within %v", ErrNoReturn, d)
	}
}

// Value calls f and returns its results, or the cause of ctx's end if ctx has ended
// before. If f does not return until the grace time after the end of ctx has passed, Value
// returns an error that matches [ErrNoReturn]. f then continues in its own goroutine,
// which calls drop with what f returns later, unless that is an error.
func Value[T any](ctx context.Context, grace time.Duration, f func() (T, error), drop func(T)) (value T, err error) {
	if ctx.Err() != nil {
		return value, context.Cause(ctx)
	}
	type results struct {
		value T
		err   error
	}
	start, returned, abandoned := time.Now(), make(chan results), make(chan struct{})
	go func() {
		value, err := f()
		select {
		case returned <- results{value, err}:
		case <-abandoned:
			if err == nil {
				drop(value)
			}
		}
	}()
	select {
	case r := <-returned:
		return r.value, r.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case r := <-returned:
		return r.value, r.err
	case <-timer.C:
		close(abandoned)
		return value, fmt.Errorf("%w within %v", ErrNoReturn, time.Since(start).Round(100*time.Millisecond))
	}
}
