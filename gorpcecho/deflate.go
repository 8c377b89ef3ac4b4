package gorpcecho

import (
	"bufio"
	"compress/flate"
	"io"
)

// A deflater compresses what is written to it into one DEFLATE stream. Each Write
// sends everything that the deflater has been given, so that the receiver can
// decompress it without waiting for more.
type deflater struct {
	z *flate.Writer
	w *bufio.Writer
}

func newDeflater(w io.Writer) *deflater {
	d := &deflater{w: bufio.NewWriterSize(w, buffer)}
	d.z, _ = flate.NewWriter(d.w, flate.BestSpeed) // fails only if the level is unknown
	return d
}

func (d *deflater) Write(p []byte) (int, error) {
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
