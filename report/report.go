package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/internal/measure/summary"
)

// Write writes a page about results. Each of them is the name of
//
//   - a results file: what go test -bench printed. If a folder of the same name without
//     ".txt" is beside it, or a file with ".hlog" in its place, the histograms in it are used;
//   - a folder that make compare has written, with verdict.csv;
//   - a folder with history.csv, which compare.History writes;
//   - a folder of results files of one benchmark over time, in the order of their names.
//
// Of several files, each is compared with the first one. What can't be read is said on the
// page. It is an error if nothing can be shown.
func Write(w io.Writer, results ...string) error {
	if len(results) == 0 {
		return fmt.Errorf("report: no results: want the names of files or folders")
	}
	var files []*run
	var p page
	for _, name := range results {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return fmt.Errorf("report: %w", err)
		case info.IsDir():
			err = p.addFolder(name)
		default:
			var r *run
			if r, err = openRun(name); err == nil {
				files = append(files, r)
			}
		}
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	p.addFiles(files)
	p.finish(results)
	text, err := p.render()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = w.Write(text)
	return err
}

// addFiles adds the sections of results files.
func (p *page) addFiles(files []*run) {
	for _, r := range files {
		p.addSource(r.file)
		p.addNotes(r.file)
	}
	if len(files) > 1 {
		for _, r := range files[1:] {
			p.add(compareFiles(files[0], r))
		}
	}
	if len(files) > 0 {
		last := files[len(files)-1]
		p.Summary = summary.Tables(last.file)
		p.addSections(last)
	}
}

// addSections adds the sections of one results file.
func (p *page) addSections(r *run) {
	for _, build := range []func(*run) section{
		throughput, tail, winners, cpu, shares, memory, offered, maxRates, percentiles, others,
	} {
		p.add(build(r))
	}
}

// addFolder adds a folder of make compare, or of results over time.
func (p *page) addFolder(name string) error {
	for _, kind := range []struct {
		file string
		add  func(string) error
	}{{"verdict.csv", p.addComparison}, {"history.csv", p.addCommits}} {
		if _, err := os.Stat(filepath.Join(name, kind.file)); err == nil {
			return kind.add(name)
		}
	}
	return p.addHistory(name)
}

// addSource adds the text of a file, and the facts that are in its comments.
func (p *page) addSource(f *cells.File) {
	p.Raw = append(p.Raw, compressed(f.Name+".gz", f.Text))
	for _, comment := range f.Comments {
		if !slices.Contains(p.Facts, comment) {
			p.Facts = append(p.Facts, comment)
		}
	}
	p.Problems = append(p.Problems, f.Problems...)
}

// addNotes adds what should be known about a file.
func (p *page) addNotes(f *cells.File) {
	for _, n := range summary.Notes(f) {
		p.Notes = append(p.Notes, summary.Note{Topic: n.Topic, Text: n.Text})
	}
	if servers := f.Config("server"); len(servers) > 1 {
		p.Notes = append(p.Notes, summary.Note{Topic: "placements", Text: fmt.Sprintf(
			"%s has results of servers in %d places: %s. They have plots of their own, because such results must not be mixed", f.Name, len(servers), strings.Join(servers, ", "))})
	}
}

// writeTo returns what write writes.
func writeTo(write func(io.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	err := write(&b)
	return b.Bytes(), err
}
