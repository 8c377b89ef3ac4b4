package stream

import (
	"context"
	"time"
)

// A watch ends a connection's reads and writes when a context ends. It keeps
// watching from call to call as long as the calls have the same context, because
// setting it up costs many times as much as decoding a small message.
type watch struct {
	conn     Conn
	done     <-chan struct{} // of the context that is watched; nil if there is none
	stopFunc func() bool
	fired    chan struct{}
}

func newWatch(conn Conn) *watch {
	return &watch{conn: conn, fired: make(chan struct{}, 1)}
}

// start watches ctx, in place of any context before it.
func (w *watch) start(ctx context.Context) {
	if ctx.Done() == w.done {
		return
	}
	w.stop()
	w.done = ctx.Done()
	if w.done != nil {
		w.stopFunc = context.AfterFunc(ctx, func() {
			w.conn.SetDeadline(time.Unix(1, 0))
			w.fired <- struct{}{}
		})
	}
}

// stop stops watching. If the context ended after its last call, stop also
// removes the deadline that this set on the connection.
func (w *watch) stop() {
	if w.stopFunc != nil && !w.stopFunc() {
		<-w.fired
		w.conn.SetDeadline(time.Time{})
	}
	w.stopFunc, w.done = nil, nil
}
