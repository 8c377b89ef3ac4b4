package child

import (
	"strings"
	"testing"
)

func TestOutputKeepsTheEndAndTheReason(t *testing.T) {
	trace := strings.Repeat("goroutine\n", tailSize)
	for _, c := range []struct {
		name   string
		writes []string
		want   string // the beginning
	}{
		{"nothing", nil, "nothing"},
		{"short", []string{"one\n", "two\n"}, "one\ntwo"},
		{"panic", []string{"log\n", "panic: why\n", trace}, "panic: why\ngoroutine"},
		{"in pieces", []string{"log\n", "pan", "ic: ", "why\n", trace}, "panic: why\n"},
		{"at once", []string{"log\npanic: why\n" + trace}, "panic: why\ngoroutine"},
		{"fatal", []string{"fatal error: out of memory\n", trace}, "fatal error: out of memory\n"},
		{"the last", []string{"panic: first\n", trace, "panic: second\n", trace}, "panic: second\n"},
		{"amid a line", []string{"no panic: why\n", trace}, trace[len(trace)-tailSize:][:20]},
	} {
		var o output
		for _, text := range c.writes {
			o.Write([]byte(text))
		}
		got := o.String()
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %.60q, want it to begin with %q", c.name, got, c.want)
		}
		if len(got) > tailSize+crashSize+10 {
			t.Errorf("%s: %d bytes were kept", c.name, len(got))
		}
	}
}
