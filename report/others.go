package report

import (
	"math"
	"slices"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/report/internal/svg"
)

// rowsOfPlot limits how many rows a plot of intervals has.
const rowsOfPlot = 25

// others shows the benchmarks that are not echobench's cells, each unit by itself.
func others(r *run) section {
	s := section{
		ID: "benchmarks", Title: "Other benchmarks",
		Text: "Benchmarks whose names do not say a transport, a size and a number of workers: medians with their intervals.",
	}
	s.Table.columns = slices.Concat([]string{"benchmark", "configuration"}, estimateColumns)
	var list []*cells.Cell
	var units []string
	for _, c := range r.file.Cells {
		if slices.ContainsFunc(r.items, func(i item) bool { return i.Cell == c }) {
			continue
		}
		list = append(list, c)
		for _, unit := range c.Units {
			if !slices.Contains(units, unit) {
				units = append(units, unit)
			}
		}
	}
	for _, unit := range units {
		var rows []svg.Interval
		for _, c := range list {
			if e, ok := c.Estimate(unit); ok {
				name := join(c.Name, c.Config)
				rows = append(rows, svg.Interval{Name: name, Remark: cells.FormatDigits(e.Median, unit, 3), Value: span(name, e, unit)})
				s.Table.add(slices.Concat([]entry{word(c.Name), word(c.Config)}, estimate(e, unit))...)
			}
		}
		for chunk := range slices.Chunk(rows, rowsOfPlot) {
			s.plot(svg.Intervals{Title: unit, X: svg.Axis{Label: unit, Unit: unit, Scale: scaleOf(chunk)}, Rows: chunk}.Draw())
		}
	}
	return s
}

// wide is how many times the smallest value the largest one is, from which a linear axis
// would show the small ones as 0.
const wide = 20

func scaleOf(rows []svg.Interval) svg.Scale {
	low, high := math.Inf(1), 0.0
	for _, row := range rows {
		low, high = min(low, row.Value.Value), max(high, row.Value.Value)
	}
	if low > 0 && high > wide*low {
		return svg.Log
	}
	return svg.Linear
}
