package summary

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/echobench/echobench/internal/measure/cells"
)

const (
	// unsteady is the share of the median from which an interval is mentioned.
	unsteady = 0.1

	// busy is the percentage of its processors from which an end counts as saturated.
	busy = 90
)

// A Note says something that should be known about results.
type Note struct{ Topic, Text string }

// Notes returns what should be known about a file: cells that are unsteady, were disturbed,
// saturated an end or failed, and what could not be read.
func Notes(f *cells.File) (notes []Note) {
	add := func(topic, text string) {
		if text != "" {
			notes = append(notes, Note{topic, text})
		}
	}
	add("unsteady", unsteadyCells(f))
	add("disturbed", count(f, otherProcesses, "other processes used up to %d%% of the machine in"))
	add("throttled", count(f, throttled, "a CPU quota throttled the processes in up to %d periods in"))
	add("drifting", count(f, drifts, "the response times of samples drift in"))
	add("saturated", saturation(f))
	add("failed", failures(f))
	for _, comment := range f.Comments {
		if strings.Contains(comment, ": skipped: ") {
			add("skipped", strings.Replace(comment, ": skipped: ", ": ", 1))
		}
	}
	if n := len(f.Problems); n > 0 {
		add("not read", fmt.Sprintf("%d lines, the first: %s", n, f.Problems[0]))
	}
	return notes
}

func writeNotes(w io.Writer, f *cells.File) {
	for _, n := range Notes(f) {
		fmt.Fprintf(w, "%s\n", clip(fmt.Sprintf("%-10s %s", n.Topic+":", n.Text), width))
	}
}

// failures says which benchmarks failed. The function of a suite, whose name has no slash,
// fails with its cells and does not count.
func failures(f *cells.File) string {
	var list []cells.Failure
	for _, failure := range f.Failures {
		if strings.Contains(failure.Name, "/") || len(f.Failures) == 1 {
			list = append(list, failure)
		}
	}
	if len(list) == 0 {
		return ""
	}
	name := strings.TrimPrefix(list[0].Name, "Echo/")
	_, message, _ := strings.Cut(list[0].Message, "echobench: ")
	if _, after, ok := strings.Cut(message, ": "); ok && strings.HasPrefix(name, message[:strings.Index(message, ": ")]) {
		message = after // without the name again
	}
	return fmt.Sprintf("%d benchmarks, the first: %s: %s", len(list), name, cmp.Or(message, list[0].Message))
}

// unsteadyCells describes the cells with wide intervals, in the unit that is the first to
// exist: echoes a second, or time.
func unsteadyCells(f *cells.File) string {
	wide, unknown, all := 0, 0, 0
	var worst *cells.Cell
	var worstSpread float64
	for _, c := range f.Cells {
		e, ok := main(c)
		if !ok {
			continue
		}
		all++
		switch spread := e.Spread(); {
		case math.IsInf(spread, 0):
			unknown++
		case spread > unsteady:
			wide++
			if spread > worstSpread {
				worst, worstSpread = c, spread
			}
		}
	}
	switch {
	case all == 0:
		return ""
	case unknown == all:
		return "not known: an interval takes 6 samples (COUNT=6, -count 6)"
	case wide == 0:
		return fmt.Sprintf("no interval of %d cells is wider than ±10%%", all)
	}
	return fmt.Sprintf("±10%% or more in %d of %d cells, most in %s: %s", wide, all, strings.TrimPrefix(worst.Name, "Echo/"), cells.Percent(worstSpread))
}

// main returns the main figure of a cell.
func main(c *cells.Cell) (cells.Estimate, bool) {
	for _, unit := range []string{"ops/s", "sec/op"} {
		if e, ok := c.Estimate(unit); ok {
			return e, true
		}
	}
	return cells.Estimate{}, false
}

var (
	otherProcesses = regexp.MustCompile(`^other processes used (\d+)%`)
	throttled      = regexp.MustCompile(`^the CPU quota of .* in (\d+) of \d+ periods`)
	drifts         = regexp.MustCompile(`^(\d+) of \d+ samples drift`)
	bothBusy       = regexp.MustCompile(`^both ends together kept (\d+)% of GOMAXPROCS busy`)
	endBusy        = regexp.MustCompile(`: (the client is|the server is|both ends are) saturated$`)
)

// count returns a text with the largest number that the pattern finds in the remarks of
// the cells, and in how many cells it does.
func count(f *cells.File, pattern *regexp.Regexp, text string) string {
	n, highest := 0, 0
	for _, c := range f.Cells {
		found := false
		for _, remark := range c.Remarks {
			if match := pattern.FindStringSubmatch(remark); match != nil {
				value, _ := strconv.Atoi(match[1])
				found, highest = true, max(highest, value)
			}
		}
		if found {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	if strings.Contains(text, "%d") {
		text = fmt.Sprintf(text, highest)
	}
	return fmt.Sprintf("%s %d of %d cells", text, n, len(f.Cells))
}

// saturation says in how many cells which end was saturated.
func saturation(f *cells.File) string {
	ends := map[string]int{}
	for _, c := range f.Cells {
		for _, remark := range c.Remarks {
			if match := endBusy.FindStringSubmatch(remark); match != nil {
				ends[match[1]]++
			}
			if match := bothBusy.FindStringSubmatch(remark); match != nil {
				if share, _ := strconv.Atoi(match[1]); share >= busy {
					ends["together"]++
				}
			}
		}
	}
	var parts []string
	for _, end := range []struct{ key, text string }{
		{"together", "both ends together kept 90% of GOMAXPROCS busy or more"},
		{"the client is", "the client"}, {"the server is", "the server"}, {"both ends are", "both ends"},
	} {
		if n := ends[end.key]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s in %d of %d cells", end.text, n, len(f.Cells)))
		}
	}
	return strings.Join(parts, ", ")
}
