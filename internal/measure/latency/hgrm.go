package latency

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// CheckFolder creates the folder, if necessary, and returns an error if no file can be
// created in it.
func CheckFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, "check-*.hgrm")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Encode returns the latencies in HdrHistogram's compressed form, which takes some hundred
// bytes.
func (r *Recorder) Encode() ([]byte, error) {
	return r.histogram().Encode(hdrhistogram.V2CompressedEncodingCookieBase)
}

// WriteFiles writes the latencies of a cell to two files in the folder, which it creates
// if necessary. Their names are the cell's with other endings:
//
//   - .hgrm has the percentiles of all samples together, as HdrHistogram's plotters read
//     them: values in microseconds, with five lines for each halving of the distance to
//     100%.
//   - .hlog has the histogram of each sample, as Encode returns it, in HdrHistogram's log
//     format. The values are nanoseconds. In place of times, the lines have the number of
//     the sample. Their tag is the name of the cell, so that the files of several cells
//     can be joined.
//
// A file that can't be written completely is removed.
func (r *Recorder) WriteFiles(folder, cell string, samples [][]byte) error {
	var percentiles, log bytes.Buffer
	if _, err := r.histogram().PercentilesPrint(&percentiles, 5, 1000); err != nil {
		return err
	}
	w := hdrhistogram.NewHistogramLogWriter(&log)
	if err := errors.Join(w.OutputLogFormatVersion(), w.OutputLegend()); err != nil {
		return err
	}
	for i, encoded := range samples {
		h, err := hdrhistogram.Decode(encoded)
		if err != nil {
			return err
		}
		fmt.Fprintf(&log, "Tag=%s,%d,1,%f,%s\n", FileName(cell), i+1, float64(h.Max())/hdrhistogram.MsToNsRatio, encoded)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	name := filepath.Join(folder, FileName(cell))
	if err := writeFile(name+".hgrm", percentiles.Bytes()); err != nil {
		return err
	}
	return writeFile(name+".hlog", log.Bytes())
}

// FileName returns the name of a cell's files without their endings. It is also the tag of
// its histograms, which can't have a comma.
func FileName(cell string) string { return strings.NewReplacer("/", "_", ",", ";").Replace(cell) }

func writeFile(name string, text []byte) error {
	if err := os.WriteFile(name, text, 0o666); err != nil {
		os.Remove(name)
		return err
	}
	return nil
}
