package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/echobench/echobench/internal/measure/cells"
)

// A table is what a plot shows, as text and as comma-separated values.
type table struct {
	columns []string
	rows    [][]entry
}

// An entry is a value of a table in both forms.
type entry struct{ text, csv string }

func word(s string) entry { return entry{s, s} }

// number is a value with all its digits in the CSV, and as benchstat shows it in the text.
func number(v float64, unit string) entry {
	return entry{exact(v, unit), strconv.FormatFloat(v, 'g', -1, 64)}
}

// plain is a number without a unit.
func plain(v float64) entry {
	return entry{strconv.FormatFloat(v, 'g', 4, 64), strconv.FormatFloat(v, 'g', -1, 64)}
}

func (t *table) add(entries ...entry) { t.rows = append(t.rows, entries) }

// estimateColumns are the names of the columns of an estimate.
var estimateColumns = []string{"unit", "median", "low", "high", "samples"}

// estimate returns the entries of an estimate. low and high are empty if they are not known.
func estimate(e cells.Estimate, unit string) []entry {
	low, high := entry{}, entry{}
	if e.Known() {
		low, high = number(e.Low, unit), number(e.High, unit)
	}
	return []entry{word(unit), number(e.Median, unit), low, high, word(strconv.Itoa(e.Samples))}
}

// itemColumns are the names of the columns of an item.
var itemColumns = []string{"transport", "size", "workers", "further"}

func itemEntries(i item) []entry {
	return []entry{word(i.proto), word(i.size.String()), word(strconv.Itoa(i.par)), word(i.more)}
}

// maxTextRows limits how many rows of a table are text. The CSV has all.
const maxTextRows = 300

// Text returns the table in columns.
func (t table) Text() string {
	rows := t.rows[:min(len(t.rows), maxTextRows)]
	widths := make([]int, len(t.columns))
	for i, column := range t.columns {
		widths[i] = utf8.RuneCountInString(column)
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].text))
		}
	}
	var b strings.Builder
	write := func(i int, text string) {
		fill := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
		if i == 0 {
			b.WriteString(text + fill)
		} else {
			b.WriteString("  " + fill + text)
		}
	}
	for i, column := range t.columns {
		write(i, column)
	}
	b.WriteByte('\n')
	for _, row := range rows {
		for i, e := range row {
			write(i, e.text)
		}
		b.WriteByte('\n')
	}
	if n := len(t.rows) - len(rows); n > 0 {
		fmt.Fprintf(&b, "and %d more rows, which the CSV has\n", n)
	}
	return b.String()
}

// CSV returns the table as comma-separated values.
func (t table) CSV() []byte {
	text, _ := writeTo(func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.Write(t.columns)
		for _, row := range t.rows {
			record := make([]string, len(row))
			for i, e := range row {
				record[i] = e.csv
			}
			out.Write(record)
		}
		out.Flush()
		return out.Error()
	})
	return text
}

// A download is a file inside the page.
type download struct {
	Name string
	Size int // as embedded
	Link template.URL
}

// maxPlain is the size in bytes from which a download is compressed.
const maxPlain = 64 << 10

func newDownload(name, kind string, content []byte) download {
	if len(content) > maxPlain {
		return compressed(name+".gz", content)
	}
	return download{name, len(content), template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(content))}
}

// compressed returns a file that is compressed with gzip.
func compressed(name string, content []byte) download {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(content)
	w.Close()
	return download{name, b.Len(), template.URL("data:application/gzip;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))}
}
