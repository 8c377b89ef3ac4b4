package echobench

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// writeHistogram writes h as a percentile file that HdrHistogram's plotters
// read: values in microseconds, five lines to each halving of the distance to
// 100%. It returns the file's name.
func writeHistogram(folder, cell string, h *hdrhistogram.Histogram) (name string, err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	name = filepath.Join(folder, strings.ReplaceAll(cell, "/", "_")+".hgrm")
	f, err := os.Create(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if _, err := h.PercentilesPrint(w, 5, 1000); err != nil {
		return "", err
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return name, f.Close()
}
