package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchunit"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/report/internal/svg"
)

// A run is a results file with its histograms.
type run struct {
	file       *cells.File
	items      []item
	protos     []string
	histograms map[*cells.Cell]histogram
}

// An item is a cell of echobench: one transport at one size and number of workers.
type item struct {
	*cells.Cell
	proto string
	size  payload.Size
	par   int
	more  string // further axes and what differs in the configuration; "" if nothing does
}

func openRun(name string) (*run, error) {
	f, err := cells.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := newRun(f)
	r.histograms, err = readHistograms(strings.TrimSuffix(name, ".txt"), f)
	return r, err
}

func newRun(f *cells.File) *run {
	r := &run{file: f}
	known := []string{"proto", "size", "par"}
	if !several(f, cells.Procs) {
		known = append(known, cells.Procs)
	}
	bases := map[string]bool{}
	for _, c := range f.Cells {
		bases[c.Base()] = true
	}
	for _, c := range f.Cells {
		size, err1 := payload.ParseSize(c.Axis("size"))
		par, err2 := strconv.Atoi(c.Axis("par"))
		proto := c.Axis("proto")
		if err1 != nil || err2 != nil || proto == "" || par < 1 {
			continue
		}
		more := []string{c.Without(known...), c.Config}
		if len(bases) > 1 && c.Base() != "Echo" {
			more = append(more, c.Base())
		}
		more = slices.DeleteFunc(more, func(s string) bool { return s == "" })
		r.items = append(r.items, item{c, proto, size, par, strings.Join(more, ", ")})
		if !slices.Contains(r.protos, proto) {
			r.protos = append(r.protos, proto)
		}
	}
	return r
}

// closed returns the run with the items of closed loops, which have no rate.
func (r *run) closed() *run {
	c := *r
	c.items = slices.DeleteFunc(slices.Clone(r.items), func(i item) bool { return i.Axis(rateAxis) != "" })
	return &c
}

// several reports whether an axis has several values in the file.
func several(f *cells.File, key string) bool {
	return slices.ContainsFunc(f.Cells, func(c *cells.Cell) bool { return c.Axis(key) != f.Cells[0].Axis(key) })
}

// style returns the style of a transport's series, which is the same in all plots.
func (r *run) style(proto string) int { return slices.Index(r.protos, proto) }

// A panel is a group of items that one plot shows.
type panel struct {
	name  string
	items []item
}

// panels groups the items that have the unit by their key, in the order of the file.
func (r *run) panels(unit string, key func(item) string) (panels []panel) {
	for _, i := range r.items {
		if len(i.Samples(unit)) == 0 {
			continue
		}
		name := key(i)
		at := slices.IndexFunc(panels, func(p panel) bool { return p.name == name })
		if at < 0 {
			at = len(panels)
			panels = append(panels, panel{name: name})
		}
		panels[at].items = append(panels[at].items, i)
	}
	return panels
}

// maxSeries is how many series a plot has at most. Those of further transports are in
// further plots.
const maxSeries = 12

// split divides a panel so that none has more than maxSeries transports.
func (r *run) split(p panel) (parts []panel) {
	byPart := map[int]*panel{}
	for _, i := range p.items {
		n := r.style(i.proto) / maxSeries
		if byPart[n] == nil {
			byPart[n] = &panel{name: p.name}
		}
		byPart[n].items = append(byPart[n].items, i)
	}
	for n := range len(r.protos)/maxSeries + 1 {
		if byPart[n] != nil {
			parts = append(parts, *byPart[n])
		}
	}
	return parts
}

// protosOf returns the transports of the items, in the order of the file.
func (r *run) protosOf(items []item) (protos []string) {
	for _, proto := range r.protos {
		if slices.ContainsFunc(items, func(i item) bool { return i.proto == proto }) {
			protos = append(protos, proto)
		}
	}
	return protos
}

// join joins the parts of a name that are not empty.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func workers(n int) string {
	if n == 1 {
		return "1 worker"
	}
	return fmt.Sprintf("%d workers", n)
}

// exact formats a value as benchstat does, with the unit that its prefix belongs to.
func exact(v float64, unit string) string {
	text := benchunit.Scale(v, benchunit.ClassOf(unit))
	numerator, _, _ := strings.Cut(unit, "/")
	switch tokens := strings.Split(numerator, "-"); {
	case slices.Contains(tokens, "sec"):
		return text + "s"
	case slices.Contains(tokens, "B"):
		return text + "B"
	}
	return text
}

// tip is the tooltip of an estimate.
func tip(name string, e cells.Estimate, unit string) string {
	text := fmt.Sprintf("%s: %s", name, exact(e.Median, unit))
	if e.Known() {
		return text + fmt.Sprintf(" [%s, %s], median of %d samples with its 95%% interval", exact(e.Low, unit), exact(e.High, unit), e.Samples)
	}
	return text + fmt.Sprintf(", median of %d samples: too few for an interval", e.Samples)
}

// span returns an estimate for a plot.
func span(name string, e cells.Estimate, unit string) svg.Span {
	s := svg.Span{Value: e.Median, Low: e.Median, High: e.Median, Tip: tip(name, e, unit)}
	if e.Known() {
		s.Low, s.High = e.Low, e.High
	}
	return s
}
