package compare

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A progress prints lines that begin with "# ", at most one in every few seconds.
type progress struct {
	w    io.Writer
	next time.Time // the time before which nothing is printed
}

const progressEvery = 10 * time.Second

// line prints a line, unless one was printed just before.
func (p *progress) line(format string, args ...any) {
	if now := time.Now(); now.After(p.next) {
		fmt.Fprintf(p.w, "# "+format+"\n", args...)
		p.next = now.Add(progressEvery)
	}
}

// comment makes a text of several lines fit a comment line.
func comment(text string) string { return strings.ReplaceAll(text, "\n", "\n# ") }
