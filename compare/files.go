package compare

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/perf/benchfmt"
)

// files are the results in benchmark format, one for each side. Every sample is
// written at once, so that the files are complete if this process is killed.
type files struct {
	folder string // "" if there are none
	sides  [3]*resultFile
}

type resultFile struct {
	file  *os.File
	w     *benchfmt.Writer
	units map[benchfmt.UnitMetadataKey]bool // those written
}

// createFiles creates the files, if there is a folder for them. Each begins with
// what was built, and with the comment lines about the machine.
func createFiles(folder string, sides [3]side, machine string) (f *files, err error) {
	f = &files{folder: folder}
	if folder == "" {
		return f, nil
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	csv, markdown := f.verdicts()
	for _, name := range []string{csv, markdown} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	for i, s := range sides {
		file, err := os.Create(filepath.Join(folder, s.name+".txt"))
		if err != nil {
			return nil, errors.Join(err, f.closeSides())
		}
		f.sides[i] = &resultFile{file, benchfmt.NewWriter(file), map[benchfmt.UnitMetadataKey]bool{}}
		if _, err := fmt.Fprintf(file, "# %s: %s\n%s", s.name, comment(s.about), machine); err != nil {
			return nil, errors.Join(err, f.closeSides())
		}
	}
	return f, nil
}

// The verdicts, as comma-separated values and in Markdown.
func (f *files) verdicts() (csv, markdown string) {
	return filepath.Join(f.folder, "verdict.csv"), filepath.Join(f.folder, "verdict.md")
}

// add appends a sample of one side.
func (f *files) add(side int, s sample) error {
	out := f.sides[side]
	if out == nil {
		return nil
	}
	for _, u := range s.units {
		if !out.units[u.UnitMetadataKey] {
			out.units[u.UnitMetadataKey] = true
			if err := out.w.Write(u); err != nil {
				return err
			}
		}
	}
	for _, r := range s.results {
		if err := out.w.Write(r); err != nil {
			return err
		}
	}
	return nil
}

// close writes the verdicts and closes the files.
func (f *files) close(result *Result) error {
	err := f.closeSides()
	if f.folder == "" {
		return err
	}
	csv, markdown := f.verdicts()
	return errors.Join(err, writeFile(csv, result.WriteCSV), writeFile(markdown, result.WriteMarkdown))
}

func writeFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

func (f *files) closeSides() (err error) {
	for _, out := range f.sides {
		if out != nil {
			err = errors.Join(err, out.file.Close())
		}
	}
	return err
}
