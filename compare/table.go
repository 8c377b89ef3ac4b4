package compare

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// tableWidth is how many columns a table has at most.
const tableWidth = 100

// WriteTable writes the rows as a table of at most 100 columns, then how many rows
// have each verdict, and how often the placebo differed from the old build, which
// is the rate of false alarms. The columns are:
//
//	ratio      new/old with its interval; "from 0" and "to 0" if only one is 0
//	placebo    how far from 1 the interval of placebo/old reaches; "exact" if the
//	           samples do not vary, "?" if there are too few
//	old, new   medians, with k, M, G and T for thousands, millions and so on
//
// "Benchmark" is left out of the names. If they are too long, so is the beginning
// that all of them share, and then the middle of each.
func (r *Result) WriteTable(w io.Writer) error {
	var out bytes.Buffer
	if len(r.Rows) > 0 {
		r.writeRows(&out)
	}
	r.writeSummary(&out)
	_, err := w.Write(out.Bytes())
	return err
}

func (r *Result) writeRows(w io.Writer) {
	const format = "%-12s %-20s %7s %6s %6s %-*s %s\n"
	unitWidth := len("unit")
	names := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		unitWidth = min(max(unitWidth, utf8.RuneCountInString(row.Unit)), 20)
		names[i] = strings.TrimPrefix(row.Benchmark, "Benchmark")
	}
	room := tableWidth - (12 + 1 + 20 + 1 + 7 + 1 + 6 + 1 + 6 + 1 + unitWidth + 1)
	shared := shorten(names, room)
	fmt.Fprintf(w, format, "verdict", "ratio [95% interval]", "placebo", "old", "new", unitWidth, "unit", clip("benchmark"+shared, room))
	for i, row := range r.Rows {
		fmt.Fprintf(w, format, row.Verdict, ratioText(row.Ratio), reachText(row.Placebo), numberText(row.Old), numberText(row.New),
			unitWidth, clip(row.Unit, unitWidth), names[i])
	}
	fmt.Fprintln(w)
}

func (r *Result) writeSummary(w io.Writer) {
	fmt.Fprintf(w, "%d rows, %d rounds", len(r.Rows), r.Rounds)
	if r.Elapsed > 0 {
		fmt.Fprintf(w, " in %v", r.Elapsed.Round(time.Second))
	}
	separator := ": "
	for _, v := range worstFirst {
		fmt.Fprintf(w, "%s%d %s", separator, r.count(v), v)
		separator = ", "
	}
	fmt.Fprintln(w)
	if alarms, rows := r.falseAlarms(); rows > 0 {
		fmt.Fprintf(w, "The placebo, which is the old build, differs from it at 95%% in %d of %d rows: %.1f%% false alarms.\n",
			alarms, rows, 100*float64(alarms)/float64(rows))
	} else {
		fmt.Fprintln(w, "The placebo has no rows with enough samples that vary, and so no rate of false alarms.")
	}
	writeNames(w, "only the old build runs", r.OnlyOld)
	writeNames(w, "only the new build runs", r.OnlyNew)
}

// writeNames writes a line for each name, if there are any.
func writeNames(w io.Writer, what string, names []string) {
	for _, name := range names {
		fmt.Fprintln(w, clip(fmt.Sprintf("not compared, as %s it: %s", what, name), tableWidth))
	}
}

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
