package stream

import (
	"context"
	"net"
	"time"
)

// A watch ends a connection's reads and writes when a context ends. It stays
// from call to call as long as they come with the same context, since setting
// it up costs many times what decoding a small message does.
type watch struct {
	conn  net.Conn
	done  <-chan struct{} // of the context watched; nil if it never ends
	stop  func() bool
	fired chan struct{}
}

func newWatch(conn net.Conn) *watch {
	return &watch{conn: conn, fired: make(chan struct{}, 1)}
}

// over watches ctx from now on, and no context before it.
func (w *watch) over(ctx context.Context) {
	if ctx.Done() == w.done {
		return
	}
	w.end()
	w.done = ctx.Done()
	if w.done != nil {
		w.stop = context.AfterFunc(ctx, func() {
			w.conn.SetDeadline(time.Unix(1, 0))
			w.fired <- struct{}{}
		})
	}
}

// end watches nothing any more, and undoes what a context that has ended since
// its last call did to the connection.
func (w *watch) end() {
	if w.stop != nil && !w.stop() {
		<-w.fired
		w.conn.SetDeadline(time.Time{})
	}
	w.stop, w.done = nil, nil
}
