// Package summary writes the results of a file so that they fit a screen: the README's
// table for this run with its uncertainty, and what should be known about it.
//
//	make summary RESULTS=results/x.txt
//
// writes that of any results file; make bench ends with it.
package summary

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/echobench/echobench/internal/measure/cells"
)

const (
	width       = 100 // columns of the text, at most
	columnWidth = 12
	maxColumns  = 5  // of a table; further transports make further tables
	maxTables   = 3  // as many as a screen has room for
	maxOthers   = 12 // rows of benchmarks that are not echobench's own
)

// A Source says what the results are from, for the lines that say how to see more.
type Source struct {
	Results string // the file
	Report  string // the page with plots; empty means that there is none
}

// Write writes a summary of at most 100 columns.
func Write(w io.Writer, f *cells.File, from Source) error {
	var out bytes.Buffer
	writeTables(&out, f)
	writeNotes(&out, f)
	writePaths(&out, from)
	_, err := w.Write(out.Bytes())
	return err
}

// Tables returns the tables of a summary.
func Tables(f *cells.File) string {
	var out bytes.Buffer
	writeTables(&out, f)
	return out.String()
}

func writeTables(w io.Writer, f *cells.File) {
	for _, config := range configs(f) {
		writeConfig(w, f, config)
	}
}

// configs returns the configurations of the file, in the order of their cells.
func configs(f *cells.File) (configs []string) {
	seen := map[string]bool{}
	for _, c := range f.Cells {
		if !seen[c.Config] {
			seen[c.Config] = true
			configs = append(configs, c.Config)
		}
	}
	return configs
}

// writeConfig writes the tables of the cells of one configuration.
func writeConfig(w io.Writer, f *cells.File, config string) {
	table := NewTable(f, config)
	if table.Rows == nil {
		writeOthers(w, f, config)
		return
	}
	title := fmt.Sprintf("medians of %s samples", table.samples)
	switch servers := f.Config("server"); {
	case config != "":
		title += ", " + config
	case len(servers) == 1:
		title += ", server: " + servers[0]
	}
	for n := 0; n < len(table.Protos); n += maxColumns {
		if n >= maxColumns*maxTables {
			fmt.Fprintf(w, "and %d further transports: %s\n\n", len(table.Protos)-n, clip(strings.Join(table.Protos[n:], ", "), width-30))
			break
		}
		table.write(w, title, n, min(n+maxColumns, len(table.Protos)))
		fmt.Fprintln(w)
	}
}

// write writes the columns from one to another.
func (t Table) write(w io.Writer, title string, from, to int) {
	labels := utf8.RuneCountInString(title)
	for _, row := range t.Rows {
		labels = max(labels, utf8.RuneCountInString(row.Label))
	}
	labels = min(labels, width-columnWidth*(to-from))
	fmt.Fprint(w, pad(clip(title, labels), labels))
	for _, proto := range t.Protos[from:to] {
		fmt.Fprintf(w, " %*s", columnWidth-1, clipMiddle(proto, columnWidth-1))
	}
	fmt.Fprintln(w)
	for _, row := range t.Rows {
		fmt.Fprint(w, pad(clip(row.Label, labels), labels))
		for _, proto := range t.Protos[from:to] {
			fmt.Fprintf(w, " %*s", columnWidth-1, row.text(proto))
		}
		fmt.Fprintln(w)
	}
}

// text returns a value with its uncertainty, or "-" if there is none. An uncertainty of
// 100% or more leaves no room for a space.
func (r Row) text(proto string) string {
	e, ok := r.Values[proto]
	if !ok {
		return "-"
	}
	text := cells.Format(e.Median, r.Unit) + " " + cells.Percent(e.Spread())
	if utf8.RuneCountInString(text) >= columnWidth {
		text = strings.ReplaceAll(text, " ", "")
	}
	return clip(text, columnWidth-1)
}

// writeOthers writes a line for each benchmark, such as those of another program.
func writeOthers(w io.Writer, f *cells.File, config string) {
	fmt.Fprintf(w, "%s\n", clip(strings.TrimSpace("benchmarks without the figures of a summary "+config), width))
	n := 0
	for _, c := range f.Cells {
		if c.Config != config || len(c.Units) == 0 {
			continue
		}
		if n++; n > maxOthers {
			continue
		}
		e, _ := c.Estimate(c.Units[0])
		fmt.Fprintf(w, "%s %9s %5s %s\n", pad(clip(c.Name, 60), 60), cells.Format(e.Median, c.Units[0]), cells.Percent(e.Spread()), clip(c.Units[0], 20))
	}
	if n > maxOthers {
		fmt.Fprintf(w, "and %d more\n", n-maxOthers)
	}
	fmt.Fprintln(w)
}

func writePaths(w io.Writer, from Source) {
	if from.Report != "" {
		fmt.Fprintf(w, "report:    %s\n", from.Report)
	} else if from.Results != "" {
		fmt.Fprintf(w, "report:    make report RESULTS=%s\n", from.Results)
	}
	if from.Results != "" {
		fmt.Fprintf(w, "tables:    go tool benchstat -col /proto -row '/size@num /par@num' %s\n", from.Results)
	}
}

// clip replaces the end of a text that has no room by an ellipsis.
func clip(text string, room int) string {
	if runes := []rune(text); len(runes) > room {
		return string(runes[:room-1]) + "…"
	}
	return text
}

// clipMiddle replaces the middle of a name that has no room by an ellipsis.
func clipMiddle(name string, room int) string {
	runes := []rune(name)
	if len(runes) <= room {
		return name
	}
	head := room / 2
	return string(runes[:head]) + "…" + string(runes[len(runes)-(room-1-head):])
}

// pad fills a text with spaces.
func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-utf8.RuneCountInString(text)))
}
