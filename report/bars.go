package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/report/internal/svg"
)

// A part is a unit that is a part of a bar.
type part struct{ unit, name string }

// cpuParts are the ways to divide the processor time of an echo. The first one whose first
// unit the results have is used.
var cpuParts = [][]part{
	{{"user-sec/op", "client, user"}, {"sys-sec/op", "client, kernel"}, {"srv-user-sec/op", "server, user"}, {"srv-sys-sec/op", "server, kernel"}},
	{{"cpu-sec/op", "client"}, {"srv-cpu-sec/op", "server"}},
}

// cpu shows the processor time of an echo.
func cpu(r *run) section {
	s := section{
		ID: "cpu", Title: "Processor time of an echo",
		Text:   "What an echo costs in processor time, by the number of workers.",
		Wanted: "no result has cpu-ns/op.",
	}
	for _, parts := range cpuParts {
		if len(r.panels(parts[0].unit, func(item) string { return "" })) == 0 {
			continue
		}
		var kept []part
		server := len(r.panels(parts[len(parts)/2].unit, func(item) string { return "" })) > 0
		for i, p := range parts {
			switch {
			case server:
				kept = append(kept, p)
			case i < len(parts)/2:
				kept = append(kept, part{p.unit, strings.Replace(p.name, "client", "both ends", 1)})
			}
		}
		if len(parts) == 2 {
			s.Remark = "Run with -metrics kernel,cpu,latency for user mode and kernel apart, and with -server child for client and server apart."
		}
		r.addBars(&s, kept, func(i item) string { return join(i.size.String(), i.more) }, "processor time of an echo", true)
		return s
	}
	return s
}

// memory shows what an idle client takes.
func memory(r *run) section {
	s := section{
		ID: "memory", Title: "Memory of a connection",
		Text:   "Resident memory of a client that is connected and silent, without the kernel's socket buffers. A client of gorpc may have several connections.",
		Wanted: "no result has conn-B. Measure idle clients with -idle 0,1000.",
	}
	parts := []part{{"conn-B", "client"}, {"srv-conn-B", "server"}}
	if len(r.panels(parts[1].unit, func(item) string { return "" })) == 0 {
		parts = []part{{"conn-B", "both ends"}}
	}
	r.addBars(&s, parts, func(i item) string { return join(i.size.String(), workers(i.par), i.more) }, "bytes of a client", false)
	return s
}

// sharePrefix begins the units of a profile's shares.
const sharePrefix = "share-"

// unclassified is the share that no layer has. It is always drawn last.
const unclassified = "unclassified"

// shares shows where the processor time goes, by the layers of a profile.
func shares(r *run) section {
	s := section{ID: "shares", Title: "Where the time goes", Text: "Shares of the processor time by layer, from profiles of the measured time."}
	var parts []part
	for _, i := range r.items {
		for _, unit := range i.Units {
			name, ok := strings.CutPrefix(unit, sharePrefix)
			if p := (part{unit, name}); ok && !slices.Contains(parts, p) {
				parts = append(parts, p)
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int {
		switch {
		case a.name == unclassified:
			return 1
		case b.name == unclassified:
			return -1
		}
		return 0
	})
	if parts != nil {
		r.addBars(&s, parts, func(i item) string { return join(i.size.String(), i.more) }, "share of the processor time", true)
	}
	return s
}

// addBars adds a plot for each panel, with a bar for each item. With groups, the bars are
// grouped by the number of workers.
func (r *run) addBars(s *section, parts []part, key func(item) string, label string, groups bool) {
	s.Table.columns = slices.Concat(itemColumns, estimateColumns)
	for _, p := range r.panels(parts[0].unit, key) {
		items := slices.Clone(p.items)
		slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.par, b.par) })
		for chunk := range slices.Chunk(items, maxBars) {
			bars := svg.Bars{Title: p.name, X: svg.Axis{Label: label, Unit: parts[0].unit}}
			for _, part := range parts {
				bars.Parts = append(bars.Parts, part.name)
			}
			for n, i := range chunk {
				if groups && (n == 0 || i.par != chunk[n-1].par) {
					bars.Rows = append(bars.Rows, svg.Bar{Name: workers(i.par)})
				}
				bars.Rows = append(bars.Rows, r.bar(s, i, parts))
			}
			s.plot(bars.Draw())
		}
	}
}

// maxBars limits the bars of a plot.
const maxBars = 40

// bar returns the bar of an item, and adds it to the table.
func (r *run) bar(s *section, i item, parts []part) svg.Bar {
	bar := svg.Bar{Name: i.proto, Style: r.style(i.proto), Values: []float64{}}
	var sum float64
	var only cells.Estimate
	for _, part := range parts {
		e, ok := i.Estimate(part.unit)
		if ok {
			s.Table.add(slices.Concat(itemEntries(i), estimate(e, part.unit))...)
		}
		only = e
		sum += e.Median
		bar.Values = append(bar.Values, e.Median)
		bar.Tips = append(bar.Tips, tip(join(i.proto, part.name, i.size.String(), workers(i.par)), e, part.unit))
	}
	bar.Text = cells.Format(sum, parts[0].unit)
	if len(parts) == 1 && only.Known() {
		bar.Text += " " + cells.Percent(only.Spread())
	}
	if strings.HasPrefix(parts[0].unit, sharePrefix) {
		bar.Text = fmt.Sprintf("%.3g", sum)
	}
	return bar
}
