package gorpcecho

import (
	"bufio"
	"compress/flate"
	"io"
)

// A deflater compresses what is written to it into one DEFLATE stream. Each Write
// sends everything that the deflater has been given, so that the receiver can
// decompress it without waiting for more. Its tables take more than a megabyte, so that
// they are made by the first Write: a server makes none for a client that only
// connects.
type deflater struct {
	z *flate.Writer // nil before the first Write
	w *bufio.Writer
}

func newDeflater(w io.Writer) *deflater {
	return &deflater{w: bufio.NewWriterSize(w, buffer)}
}

func (d *deflater) Write(p []byte) (int, error) {
	if d.z == nil {
		d.z, _ = flate.NewWriter(d.w, flate.BestSpeed) // fails only if the level is unknown
	}
	if _, err := d.z.Write(p); err != nil {
		return 0, err
	}
	if err := d.z.Flush(); err != nil {
		return 0, err
	}
	if err := d.w.Flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}
