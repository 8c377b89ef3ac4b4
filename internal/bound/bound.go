// Package bound limits how long a call may take.
package bound

import (
	"fmt"
	"time"
)

// Call calls f and returns its error. If f does not return within d, Call
// returns an error that says so; f then continues in a goroutine of its own,
// because there is no way to end it.
func Call(d time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("no return within %v", d)
	}
}
