// Package bound limits how long a call may take.
package bound

import (
	"errors"
	"fmt"
	"time"
)

// ErrNoReturn is matched by the error of a Call whose function did not return in
// time.
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
