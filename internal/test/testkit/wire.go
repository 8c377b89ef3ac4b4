package testkit

import (
	"bytes"
	"io"
)

// A Wire is a connection whose input is what the Reader returns. It keeps what is
// written to it.
type Wire struct {
	io.Reader
	Written bytes.Buffer
}

// Write implements io.Writer.
func (w *Wire) Write(b []byte) (int, error) { return w.Written.Write(b) }
