package latency

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
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

// WriteFile writes the latencies to a file in the folder, which it creates if
// necessary, as a percentile distribution that HdrHistogram's plotters read:
// values in microseconds, with five lines for each halving of the distance to
// 100%. The file is named after the cell, with the ending .hgrm. If it can't be
// written completely, it is removed.
func (r *Recorder) WriteFile(folder, cell string) error {
	var text bytes.Buffer
	if _, err := r.histogram().PercentilesPrint(&text, 5, 1000); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	name := filepath.Join(folder, strings.ReplaceAll(cell, "/", "_")+".hgrm")
	if err := os.WriteFile(name, text.Bytes(), 0o666); err != nil {
		os.Remove(name)
		return err
	}
	return nil
}
