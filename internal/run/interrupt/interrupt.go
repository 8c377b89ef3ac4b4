// Package interrupt lets a program that the user stops, for example with Ctrl-C,
// clean up before it ends.
package interrupt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"time"
)

// An Error is the cause of a context that a signal has ended.
type Error struct {
	Signal os.Signal
	once   sync.Once // of raising it again
}

func (e *Error) Error() string { return fmt.Sprintf("interrupted by a signal: %v", e.Signal) }

// Watch returns a context that ends, with an [*Error] as its cause, when the process is
// told to end: with SIGINT, SIGTERM or SIGHUP, or with Ctrl-C on Windows. Only the
// first signal is caught; a second one ends the process at once. Signals that the
// process ignores remain ignored.
//
// stop must be called once. If there was a signal, it calls [End].
func Watch() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	caught := make(chan os.Signal, 1)
	for _, sig := range Signals() {
		if !signal.Ignored(sig) {
			signal.Notify(caught, sig)
		}
	}
	stopping, watched := make(chan struct{}), make(chan struct{})
	catch := func(sig os.Signal) {
		signal.Stop(caught)
		cancel(&Error{Signal: sig})
	}
	go func() {
		defer close(watched)
		select {
		case sig := <-caught:
			catch(sig)
		case <-stopping:
		}
	}()
	return ctx, func() {
		signal.Stop(caught)
		close(stopping)
		<-watched
		select {
		case sig := <-caught: // just before signal.Stop
			catch(sig)
		default:
		}
		End(ctx)
		cancel(nil)
	}
}

// End ends the process if a signal has ended ctx, by the same signal, as if it had not
// been caught, or with exit status 1 on Windows. It returns if there was no signal, or if
// the program handles that signal itself.
func End(ctx context.Context) {
	var e *Error
	if errors.As(context.Cause(ctx), &e) {
		e.once.Do(func() { raise(e.Signal) })
	}
}

// raise ends the process by a signal that nobody catches.
func raise(sig os.Signal) {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Signal(sig)
	}
	if err != nil {
		os.Exit(1)
	}
	time.Sleep(time.Second) // the signal may come a moment later
}
