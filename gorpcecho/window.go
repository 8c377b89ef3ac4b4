package gorpcecho

import (
	"sync"

	"github.com/echobench/echobench/payload"
)

// maxUnansweredBytes bounds the requests that a server has received on one
// connection and not answered yet, in bytes. The last of them may exceed the bound.
const maxUnansweredBytes = 8 << 20

// A window makes a server stop reading from a client that does not read its
// answers. It counts the requests of one connection that are not answered yet. If
// there are too many of them, await waits until enough answers have been written.
//
// By itself gorpc reads on. The handlers of such a connection then wait for room in
// its queue of responses until they have taken all of the server's concurrency, and
// the server serves nobody any more.
//
// Answers come in another order than their requests, so the window does not know
// which request has been answered. But an answer is about as long as its request;
// see weight.
type window struct {
	mu       sync.Mutex
	changed  sync.Cond // requests, bytes or closed has changed
	requests int       // that are not answered
	bytes    int       // their weights
	closed   bool
}

func newWindow() *window {
	w := new(window)
	w.changed.L = &w.mu
	return w
}

const (
	// minWeight is more than the length of any refusal, in bytes.
	minWeight = 512

	// answerGrowth is the most bytes by which an answer is longer than its request,
	// if both are longer than minWeight: an id and a timestamp that the request left
	// out, and a longer length of a gob message.
	answerGrowth = 32
)

// weight returns for how many bytes a request of the given length counts. Its answer
// counts for weight(length of the answer - answerGrowth), which is never more. So
// the window never counts fewer bytes than there are. It may count more until all
// requests have been answered, when it begins again at 0.
func weight(length int) int { return max(length, minWeight) }

// await waits until the window is not full, or closed. It returns how many further
// requests there is room for. After that many, gorpc's handlers would wait.
func (w *window) await() (room int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for (w.requests > pending*3/4 || w.bytes >= maxUnansweredBytes) && !w.closed {
		w.changed.Wait()
	}
	return max(pending-w.requests, 1)
}

// received adds requests that are to be answered.
func (w *window) received(requests, bytes int) {
	w.mu.Lock()
	w.requests += requests
	w.bytes += bytes
	w.mu.Unlock()
}

// answered removes requests whose answers have been written.
func (w *window) answered(answers, bytes int) {
	w.mu.Lock()
	w.requests -= answers
	w.bytes -= bytes
	if w.requests == 0 {
		w.bytes = 0
	}
	w.mu.Unlock()
	w.changed.Signal()
}

// close ends await.
func (w *window) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.changed.Signal()
}

// connMemory returns an upper bound of what one connection makes a server hold, in
// bytes, not counting garbage that is not collected yet: the unanswered requests,
// copies of four messages of the largest size (the one that is being read,
// decoded, handled and written), 2 KiB for each further unanswered request, and the
// buffers.
func (t *Transport) connMemory(limit payload.Size) int {
	n := maxUnansweredBytes + 4*int(limit) + pending*2<<10 + 4*buffer
	if t.Compress {
		n += 2 << 20 // the tables and windows of DEFLATE
	}
	return n
}
