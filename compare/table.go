package compare

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/echobench/echobench/internal/stats/paired"
)

// tableWidth is how many columns a table has at most.
const tableWidth = 100

// WriteTable writes the rows as a table of at most 100 columns, then how many rows
// have each verdict and what is not judged. For each unit, it says in how many rows
// the interval excludes 1, before the adjustment for many rows, and in how many that of
// the placebo does, which is the rate of false alarms. The columns are:
//
//	ratio      new/old with its interval; "from 0" and "to 0" if only one is 0
//	placebo    how far from 1 the interval of placebo/old reaches; "exact" if the
//	           samples do not vary, "?" if there are too few
//	layout     how much of the variance of a sample is due to where functions lie, if
//	           that is known of any row; "?" if it is not known
//	old, new   medians, with k, M, G and T for thousands, millions and so on
//
// "Benchmark" is left out of the names. If they are too long, so is the beginning
// that all of them share, and then the middle of each.
func (r *Result) WriteTable(w io.Writer) error {
	var out bytes.Buffer
	if len(r.Rows) > 0 {
		r.writeRows(&out)
	}
	for _, line := range r.summary() {
		fmt.Fprintln(&out, line)
	}
	_, err := w.Write(out.Bytes())
	return err
}

func (r *Result) writeRows(w io.Writer) {
	const format = "%-12s %-20s %7s%s %6s %6s %-*s %s\n"
	unitWidth, layout := len("unit"), ""
	names := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		unitWidth = min(max(unitWidth, utf8.RuneCountInString(row.Unit)), 20)
		names[i] = strings.TrimPrefix(row.Benchmark, "Benchmark")
		if row.Layout > 0 {
			layout = " layout"
		}
	}
	room := tableWidth - (12 + 1 + 20 + 1 + 7 + len(layout) + 1 + 6 + 1 + 6 + 1 + unitWidth + 1)
	shared := shorten(names, room)
	fmt.Fprintf(w, format, "verdict", "ratio [95% interval]", "placebo", layout, "old", "new", unitWidth, "unit", clip("benchmark"+shared, room))
	for i, row := range r.Rows {
		if layout != "" {
			layout = shareText(row.Layout)
		}
		fmt.Fprintf(w, format, row.Verdict, ratioText(row.Ratio), reachText(row.Placebo), layout, numberText(row.Old), numberText(row.New),
			unitWidth, clip(row.Unit, unitWidth), names[i])
	}
	fmt.Fprintln(w)
}

// summary returns the lines below a table.
func (r *Result) summary() (lines []string) {
	var counts []string
	for _, v := range worstFirst {
		counts = append(counts, fmt.Sprintf("%d %s", r.count(v), v))
	}
	elapsed := ""
	if r.Elapsed > 0 {
		elapsed = fmt.Sprintf(" in %v", r.Elapsed.Round(time.Second))
	}
	lines = append(lines, fmt.Sprintf("%d rows, %d rounds%s: %s", len(r.Rows), r.Rounds, elapsed, strings.Join(counts, ", ")))
	for _, line := range r.Build {
		lines = append(lines, clip(line, tableWidth))
	}
	lines = append(lines, r.alarms()...)
	for _, row := range r.Rows {
		if row.Accepted != "" {
			lines = append(lines, fmt.Sprintf("accepted: %s of %s is slower: %s", row.Unit, row.Benchmark, row.Accepted))
		}
	}
	for _, u := range r.Unjudged {
		if line := u.String(); u.Allowed {
			lines = append(lines, "allowed: "+line)
		} else {
			lines = append(lines, line)
		}
	}
	for _, name := range r.OnlyOld {
		lines = append(lines, clip("not compared, as only the old build has it: "+name, tableWidth))
	}
	for _, name := range r.OnlyNew {
		lines = append(lines, clip("not compared, as only the new build has it: "+name, tableWidth))
	}
	if len(r.Rows) == 0 {
		lines = append(lines, "nothing was compared")
	}
	return lines
}

// alarms returns a line for each unit that varies.
func (r *Result) alarms() (lines []string) {
	var units []string
	for _, row := range r.Rows {
		if !slices.Contains(units, row.Unit) {
			units = append(units, row.Unit)
		}
	}
	for _, unit := range units {
		if t := r.tally(unit); t.rows > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d of %d intervals exclude 1 (%.1f%%), %d of the placebo; median %s",
				clip(unit, 20), t.new, t.rows, percent(t.new, t.rows), t.placebo, widthText(paired.Median(t.widths))))
		}
	}
	return lines
}

// A tally counts the rows of a unit whose intervals exclude 1: those of new, and those of
// the placebo although it is the old build. Rows whose samples do not vary, or that have
// too few, do not count.
type tally struct {
	rows, new, placebo int
	widths             []float64 // half-widths of the intervals of new
}

func (r *Result) tally(unit string) (t tally) {
	for _, row := range r.Rows {
		if row.Unit != unit || !row.Ratio.known() || !row.Placebo.known() || row.Placebo.constant() {
			continue
		}
		t.rows++
		if row.Ratio.excludesOne() {
			t.new++
		}
		if row.Placebo.excludesOne() {
			t.placebo++
		}
		t.widths = append(t.widths, (row.Ratio.High-row.Ratio.Low)/2)
	}
	return t
}

func percent(n, all int) float64 { return 100 * float64(n) / float64(all) }

// shorten makes the names fit the room, and returns what stands for the
// beginning that it has taken from all of them.
func shorten(names []string, room int) (shared string) {
	long := false
	for _, name := range names {
		long = long || utf8.RuneCountInString(name) > room
	}
	if !long {
		return ""
	}
	if prefix := sharedPath(names); prefix != "" {
		shared = " (" + prefix + "...)"
		for i := range names {
			names[i] = names[i][len(prefix):]
		}
	}
	for i := range names {
		names[i] = clip(names[i], room)
	}
	return shared
}

// sharedPath returns the elements that all names begin with, up to a slash. It is
// empty if there is only one name.
func sharedPath(names []string) string {
	if len(names) < 2 {
		return ""
	}
	prefix := names[0]
	for _, name := range names {
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix[:strings.LastIndex(prefix, "/")+1]
}

// clip replaces the middle of a text that has no room by an ellipsis.
func clip(text string, room int) string {
	runes := []rune(text)
	if len(runes) <= room {
		return text
	}
	head := (room - 1) / 2
	tail := room - 1 - head
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}
