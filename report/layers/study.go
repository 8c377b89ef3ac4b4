package layers

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/echobench/echobench/internal/measure/cells"
)

// futex is the function that waits for and wakes up threads, in the kernel.
const futex = "runtime.futex"

// blocked is the study's unit of the time in which a program waits for the network.
const blocked = "share-blocked"

// A row is one line of a table: a layer, a part of one, or what only a study has.
type row struct {
	name, unit string
	count      func(c *cell) int64 // nil if profiles do not contain it
}

// rows returns the lines of a table.
func rows() (list []row) {
	for _, l := range order {
		list = append(list, row{string(l), "share-" + string(l), func(c *cell) int64 { return c.samples[l] }})
		if l == kernel {
			list = append(list, row{"  of it, futex", "share-kernel-sync", func(c *cell) int64 { return c.futex }})
		}
	}
	return append(list, row{"blocked", blocked, nil})
}

// A group is a cell with the profiles of its ends.
type group struct {
	name string // without the end
	ends []*cell
}

// WriteTable writes a table for each cell that has CPU profiles in the folder. Rows are
// layers. Columns are the ends, with 95% intervals, and the shares that the results file
// named study has for the client of the cell of the same name. What one of them lacks is a dash.
func WriteTable(w io.Writer, folder, study string) error {
	profiled, err := readFolder(folder)
	if err != nil {
		return fmt.Errorf("layers: %w", err)
	}
	published, err := cells.ReadFile(study)
	if err != nil {
		return fmt.Errorf("layers: %w", err)
	}
	if len(published.Problems) > 0 {
		return fmt.Errorf("layers: %s: %s", study, published.Problems[0])
	}
	var b strings.Builder
	b.WriteString(tableTitle)
	for _, g := range groups(profiled) {
		g.write(&b, published)
	}
	b.WriteString(tableNotes)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("layers: %w", err)
	}
	return nil
}

const tableTitle = `Shares of the processor time by layer in percent, with 95% intervals
`

const tableNotes = `
A CPU profile contains no time in which a program waits, so only the study has a share that is
blocked. If the study's clients did wait in that time, then "without blocked" compares with our
figures: it divides each share by the sum of the study's shares apart from the blocked one. But
perf usually samples running programs only. Then the blocked share is the kernel's work for the
network, which the study lists nowhere else, and the figures as printed compare with ours.
"frames of I/O" are functions in the stacks that read from a connection or write to it, from the
start of the goroutine or the harness to the kernel: median (smallest to largest). They include
inlined ones. The study counts one frame for the connection and one for the system call.
`

// groups joins the ends of each cell. The client precedes the server.
func groups(profiled []*cell) (list []group) {
	for _, c := range profiled {
		name, _ := c.split()
		i := slices.IndexFunc(list, func(g group) bool { return g.name == name })
		if i < 0 {
			i = len(list)
			list = append(list, group{name: name})
		}
		list[i].ends = append(list[i].ends, c)
	}
	return list
}

// bothEnds is the end of profiles in which client and server are not apart.
const bothEnds = "both ends"

// split returns the name of the cell without its end, and the end.
func (c *cell) split() (name, end string) {
	name, end, ok := strings.Cut(c.name, "/end=")
	if !ok {
		return name, bothEnds
	}
	end, procs, ok := strings.Cut(end, "-")
	if ok {
		name += "-" + procs
	}
	return name, end
}

// write writes the table of the group.
func (g group) write(b *strings.Builder, study *cells.File) {
	published := clientOf(study, g.name)
	var active float64
	for _, r := range rows() {
		if e, ok := published.Estimate(r.unit); ok && r.unit != blocked {
			active += e.Median
		}
	}
	fmt.Fprintf(b, "\n%s\n%-16s", strings.TrimPrefix(g.name, "Benchmark"), "")
	for _, c := range g.ends {
		_, end := c.split()
		fmt.Fprintf(b, " %20s", end)
	}
	fmt.Fprintf(b, " %15s %16s\n", "study's client", "without blocked")
	for _, r := range rows() {
		fmt.Fprintf(b, "%-16s", r.name)
		for _, c := range g.ends {
			fmt.Fprintf(b, " %20s", c.percent(r))
		}
		printed, ofActive := "-", "-"
		if e, ok := published.Estimate(r.unit); ok {
			printed = fmt.Sprintf("%.2f", 100*e.Median)
			if r.unit != blocked {
				ofActive = fmt.Sprintf("%.1f", 100*e.Median/active)
			}
		}
		fmt.Fprintf(b, " %15s %16s\n", printed, ofActive)
	}
	fmt.Fprintf(b, "%-16s", "samples")
	for _, c := range g.ends {
		fmt.Fprintf(b, " %20d", c.samples.total())
	}
	b.WriteByte('\n')
	g.writeFrames(b, published)
}

// writeFrames writes how deep the stacks are that read from a connection or write to it.
func (g group) writeFrames(b *strings.Builder, published *cells.Cell) {
	printed := "-"
	if values := published.Samples("io-frames"); len(values) > 0 {
		printed = fmt.Sprint(slices.Min(values))
		if low, high := slices.Min(values), slices.Max(values); low < high {
			printed = fmt.Sprint(low, " to ", high)
		}
	}
	for _, line := range []struct {
		name, printed string
		of            func(all, above int) int
	}{
		{"frames of I/O", printed, func(all, _ int) int { return all }},
		{"  above net.Conn", "-", func(_, above int) int { return above }},
	} {
		fmt.Fprintf(b, "%-16s", line.name)
		for _, c := range g.ends {
			fmt.Fprintf(b, " %20s", c.depth(line.of))
		}
		fmt.Fprintf(b, " %15s %16s\n", line.printed, "-")
	}
}

// clientOf returns the study's cell for the client of the named one. It has no units if the
// study lacks the cell.
func clientOf(study *cells.File, name string) *cells.Cell {
	for _, c := range study.Cells {
		if "Benchmark"+c.Name == name+"/end=client" {
			return c
		}
	}
	return new(cells.Cell)
}

// percent returns the cell's share of a row with its interval.
func (c *cell) percent(r row) string {
	n := c.samples.total()
	if r.count == nil || n == 0 {
		return "-"
	}
	count := r.count(c)
	low, high := interval(count, n)
	return fmt.Sprintf("%.1f [%4.1f, %4.1f]", 100*float64(count)/float64(n), 100*low, 100*high)
}
