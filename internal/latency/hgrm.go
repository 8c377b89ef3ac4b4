package latency

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// WriteFile writes the latencies to a file in the folder, which it creates if
// necessary, as a percentile distribution that HdrHistogram's plotters read:
// values in microseconds, with five lines for each halving of the distance to
// 100%. The file is named after the cell, with the ending .hgrm.
func (r *Recorder) WriteFile(folder, cell string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(folder, strings.ReplaceAll(cell, "/", "_")+".hgrm"))
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if _, err := r.histogram().PercentilesPrint(w, 5, 1000); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
