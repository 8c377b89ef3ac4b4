package summary

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/payload"
)

// A Table has a column for each transport and a row for each figure.
type Table struct {
	Protos []string
	Rows   []Row

	samples string // of a cell, such as "6" or "5 to 6"
}

// A Row is one figure of all transports.
type Row struct {
	Label, Unit string
	Values      map[string]cells.Estimate // by transport
}

// A figure is a unit at the smallest or the largest size and number of workers of a file.
type figure struct {
	manyWorkers, large bool
	units              []figureUnit // the first one that the file has counts
}

type figureUnit struct{ unit, label string }

// figures are the rows of the README's table.
var figures = []figure{
	{false, false, []figureUnit{{"p50-sec", "p50"}, {"sec/op", "time of an echo"}}},
	{false, true, []figureUnit{{"p50-sec", "p50"}, {"sec/op", "time of an echo"}}},
	{true, false, []figureUnit{{"ops/s", "echoes a second"}}},
	{true, false, []figureUnit{{"p99-sec", "p99"}}},
	{true, true, []figureUnit{{"ops/s", "echoes a second"}}},
	{false, false, []figureUnit{{"cpu-sec/op", "CPU time for each echo"}}},
	{false, false, []figureUnit{{"allocs/op", "allocations for each echo"}}},
	{false, false, []figureUnit{{"max-ops/s", "highest rate"}}},
}

// maxAxes limits how many combinations of further axes have rows of their own.
const maxAxes = 2

// NewTable returns the table of the cells of one configuration of a file. It has no rows if
// no cell is one of a transport, a size and a number of workers.
func NewTable(f *cells.File, config string) Table {
	var t Table
	var list []*cells.Cell
	var axes []string // further axes than transport, size and workers
	minSamples, maxSamples := 0, 0
	for _, c := range f.Cells {
		if _, _, ok := grid(c); !ok || c.Config != config {
			continue
		}
		list = append(list, c)
		if proto := c.Axis("proto"); !slices.Contains(t.Protos, proto) {
			t.Protos = append(t.Protos, proto)
		}
		if more := further(c); !slices.Contains(axes, more) {
			axes = append(axes, more)
		}
		for _, unit := range c.Units[:min(1, len(c.Units))] {
			n := len(c.Samples(unit))
			maxSamples = max(maxSamples, n)
			if minSamples == 0 || n < minSamples {
				minSamples = n
			}
		}
	}
	if t.samples = strconv.Itoa(maxSamples); minSamples < maxSamples {
		t.samples = fmt.Sprintf("%d to %d", minSamples, maxSamples)
	}
	if len(axes) > maxAxes {
		axes = []string{axes[0], axes[len(axes)-1]}
	}
	for _, more := range axes {
		t.addRows(list, more)
	}
	return t
}

// grid returns the size and the number of workers of a cell.
func grid(c *cells.Cell) (size payload.Size, workers int, ok bool) {
	size, err1 := payload.ParseSize(c.Axis("size"))
	workers, err2 := strconv.Atoi(c.Axis("par"))
	return size, workers, err1 == nil && err2 == nil && c.Axis("proto") != ""
}

func further(c *cells.Cell) string { return c.Without("proto", "size", "par", cells.Procs) }

// addRows adds the rows of the cells with the given further axes.
func (t *Table) addRows(list []*cells.Cell, more string) {
	list = slices.DeleteFunc(slices.Clone(list), func(c *cells.Cell) bool { return further(c) != more })
	var sizes []payload.Size
	var workers []int
	for _, c := range list {
		size, n, _ := grid(c)
		sizes, workers = append(sizes, size), append(workers, n)
	}
	for _, figure := range figures {
		size, n := slices.Min(sizes), slices.Min(workers)
		if figure.large {
			size = slices.Max(sizes)
		}
		if figure.manyWorkers {
			n = slices.Max(workers)
		}
		for _, u := range figure.units {
			row := Row{Label: label(size, n, more, u.label), Unit: u.unit, Values: map[string]cells.Estimate{}}
			for _, c := range list {
				cellSize, cellWorkers, _ := grid(c)
				if e, ok := c.Estimate(u.unit); ok && cellSize == size && cellWorkers == n {
					row.Values[c.Axis("proto")] = e
				}
			}
			if len(row.Values) > 0 {
				t.addRow(row)
				break
			}
		}
	}
}

// addRow adds a row, unless it is there already because the file has one size or one number
// of workers only.
func (t *Table) addRow(row Row) {
	if !slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Label == row.Label && r.Unit == row.Unit }) {
		t.Rows = append(t.Rows, row)
	}
}

func label(size payload.Size, workers int, more, figure string) string {
	text := "1 worker"
	if workers != 1 {
		text = fmt.Sprintf("%d workers", workers)
	}
	text += fmt.Sprintf(", %v", size)
	if more != "" {
		text += ", " + more
	}
	return text + ": " + figure
}
