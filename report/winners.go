package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/report/internal/svg"
)

// A contest is a unit that the map of winners shows.
type contest struct{ unit, title, better string }

var contests = []contest{
	{"ops/s", "Most echoes a second", "higher"},
	{"p50-sec", "Lowest median latency", "lower"},
	{"p99-sec", "Lowest 99th percentile", "lower"},
}

// winners shows which transport is best at each size and number of workers.
func winners(r *run) section {
	s := section{
		ID: "winners", Title: "Who is best where",
		Text: "The best transport of each size and number of workers, and how many times better its median is than that of the second. " +
			"“level” means that the intervals of the best ones overlap, so that these samples do not show which is better.",
		Wanted: "a comparison needs two transports at the same size and number of workers.",
	}
	s.Table.columns = []string{"unit", "size", "workers", "further", "best", "factor", "second", "level with"}
	for _, c := range contests {
		for _, p := range r.closed().panels(c.unit, func(i item) string { return i.more }) {
			if len(r.protosOf(p.items)) > 1 {
				r.addMaps(&s, c, p)
			}
		}
	}
	return s
}

// addMaps adds a map of the panel, or several if there are too many numbers of workers for
// one.
func (r *run) addMaps(s *section, c contest, p panel) {
	var sizes []payload.Size
	var pars []int
	for _, i := range p.items {
		sizes, pars = append(sizes, i.size), append(pars, i.par)
	}
	slices.Sort(sizes)
	slices.Sort(pars)
	sizes, pars = slices.Compact(sizes), slices.Compact(pars)
	for columns := range slices.Chunk(pars, svg.MaxColumns) {
		grid := svg.Grid{Title: join(c.title, p.name), Rows: "size", Columns: "workers"}
		for _, par := range columns {
			grid.ColumnNames = append(grid.ColumnNames, strconv.Itoa(par))
		}
		for _, size := range sizes {
			row := make([]svg.Square, len(columns))
			for n, par := range columns {
				row[n] = r.square(s, c, p, size, par)
			}
			grid.RowNames = append(grid.RowNames, size.String())
			grid.Squares = append(grid.Squares, row)
		}
		s.plot(grid.Draw())
	}
}

// A rank is a transport's place in a contest.
type rank struct {
	proto string
	cells.Estimate
}

// square returns what the map shows for a size and a number of workers.
func (r *run) square(s *section, c contest, p panel, size payload.Size, par int) svg.Square {
	var ranks []rank
	for _, i := range p.items {
		if e, ok := i.Estimate(c.unit); ok && i.size == size && i.par == par && e.Median > 0 {
			ranks = append(ranks, rank{i.proto, e})
		}
	}
	if len(ranks) < 2 {
		return svg.Square{}
	}
	slices.SortStableFunc(ranks, func(a, b rank) int {
		if (a.Median < b.Median) == (c.better == "lower") {
			return -1
		}
		return 1
	})
	best, second := ranks[0], ranks[1]
	factor := best.Median / second.Median
	if c.better == "lower" {
		factor = 1 / factor
	}
	var level []string
	unknown := false
	for _, other := range ranks[1:] {
		if best.Level(other.Estimate) {
			level = append(level, other.proto)
		}
		unknown = unknown || !other.Known() || !best.Known()
	}
	s.Table.add(word(c.unit), word(size.String()), word(strconv.Itoa(par)), word(p.name), word(best.proto), plain(factor), word(second.proto), word(strings.Join(level, " ")))
	where := fmt.Sprintf("%v, %s", size, workers(par))
	square := svg.Square{Text: best.proto, More: fmt.Sprintf("%.2g× %s", factor, second.proto), Style: r.style(best.proto)}
	square.Tip = fmt.Sprintf("%s: %s %s, %s %s", where, best.proto, exact(best.Median, c.unit), second.proto, exact(second.Median, c.unit))
	switch {
	case unknown:
		square.More = fmt.Sprintf("%.2g× ?", factor)
		square.Tip += ". Too few samples for intervals, so this is not shown to be a difference"
	case level != nil:
		square = svg.Square{Text: "level", More: fmt.Sprintf("%d of %d", len(level)+1, len(ranks)), Style: -1,
			Tip: fmt.Sprintf("%s: level with %s, which has the best median: %s", where, best.proto, strings.Join(level, ", "))}
	}
	return square
}
