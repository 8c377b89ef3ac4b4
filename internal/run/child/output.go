package child

import (
	"bytes"
	"strings"
	"sync"
)

// The numbers of bytes of a child's output that are kept.
const (
	tailSize  = 4 << 10 // at its end
	crashSize = 512     // from where a Go program says why it ends
)

// An output keeps the end of what is written to it. If that is the trace of a Go
// program that ended itself, it also keeps the trace's beginning, which has the
// reason. The zero value is ready to use. Its methods may be called by several
// goroutines at once.
type output struct {
	mu    sync.Mutex
	tail  []byte
	crash []byte
}

// Write implements io.Writer. The time that it takes is proportional to len(p).
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(o.tail, p...)
	if i := crashAt(o.tail); i >= 0 {
		o.crash = append(o.crash[:0], o.tail[i:min(i+crashSize, len(o.tail))]...)
	}
	if over := len(o.tail) - tailSize; over > 0 {
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
	return len(p), nil
}

// crashAt returns where the last line of text begins with which the Go runtime says
// why it ends the process, or -1. It searches forward, which package bytes does many
// times faster than backward.
func crashAt(text []byte) int {
	at := -1
	for _, prefix := range []string{"panic: ", "fatal error: "} {
		if bytes.HasPrefix(text, []byte(prefix)) {
			at = max(at, 0)
		}
		line := []byte("\n" + prefix)
		for from := 0; ; {
			i := bytes.Index(text[from:], line)
			if i < 0 {
				break
			}
			from += i + 1
			at = max(at, from)
		}
	}
	return at
}

// String returns the text, or "nothing".
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := strings.TrimSpace(string(o.tail))
	switch {
	case text == "":
		return "nothing"
	case bytes.Contains(o.tail, o.crash):
		return text
	}
	return strings.TrimSpace(string(o.crash)) + "\n[...]\n" + text
}
