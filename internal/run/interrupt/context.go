package interrupt

import (
	"context"
	"os"
	"os/signal"
)

// Context returns a context that ends when parent does and when the process is told to
// end, as that of [Watch], but leaves it to the caller to end the process. stop must be
// called. Signals that the process ignores remain ignored.
func Context(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	var signals []os.Signal
	for _, sig := range Signals() {
		if !signal.Ignored(sig) {
			signals = append(signals, sig)
		}
	}
	if len(signals) == 0 {
		return context.WithCancel(parent) // without signals, NotifyContext would catch all
	}
	return signal.NotifyContext(parent, signals...)
}
