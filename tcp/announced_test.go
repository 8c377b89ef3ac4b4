package tcp

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// An announced length alone costs little memory: storage grows with what arrives.
func TestAnnouncedLengthCostsLittle(t *testing.T) {
	const limit = 4 << 20
	const most = 512 << 10
	announcement := muxPrefixed(limit)
	for name, read := range map[string]func(io.Reader) error{
		"mux": func(r io.Reader) error {
			_, _, err := newMuxReader(r, limit).next()
			return err
		},
		"grants": func(r io.Reader) error {
			return newPooledCodec(&wire{Reader: r}, limit, new(bufferPool)).Read(new(payload.Payload))
		},
	} {
		before := testkit.Allocated()
		if err := read(bytes.NewReader(announcement)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: error %v, want io.ErrUnexpectedEOF", name, err)
		}
		if got := testkit.Allocated() - before; got > most {
			t.Errorf("%s: %d bytes that announce %d made the reader allocate %d, want at most %d", name, len(announcement), limit, got, most)
		}
	}
}
