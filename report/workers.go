package report

import (
	"cmp"
	"slices"

	"github.com/echobench/echobench/report/internal/svg"
)

// throughput shows the echoes a second against the number of workers.
func throughput(r *run) section {
	s := section{
		ID: "throughput", Title: "Throughput against workers",
		Text:   "Echoes a second of all workers together, for each size of the data. A band is the interval of the median.",
		Wanted: "no result has ops/s for a transport, a size and a number of workers.",
	}
	return againstWorkers(r, s, "ops/s", "echoes a second")
}

// tail shows the 99th percentile of latencies against the number of workers.
func tail(r *run) section {
	s := section{
		ID: "p99", Title: "Tail latency against workers",
		Text:   "The time that 99 of 100 echoes did not exceed, with all waiting. The latency of a closed loop grows with the number of workers once an end is saturated.",
		Wanted: "no result has p99-ns. It takes 1,000 echoes a sample: -benchtime.",
	}
	return againstWorkers(r, s, "p99-sec", "99th percentile of the latency")
}

// againstWorkers has a plot for each size, with a series for each transport.
func againstWorkers(r *run, s section, unit, label string) section {
	s.Table.columns = slices.Concat(itemColumns, estimateColumns)
	for _, whole := range r.closed().panels(unit, func(i item) string { return join(i.size.String(), i.more) }) {
		for _, p := range r.split(whole) {
			lines := svg.Lines{Title: p.name, X: svg.Axis{Label: "workers", Scale: svg.Log}, Y: svg.Axis{Label: label, Unit: unit, Scale: svg.Log}}
			for _, proto := range r.protosOf(p.items) {
				series := svg.Series{Name: proto, Style: r.style(proto), Marked: true}
				for _, i := range byPar(p.items, proto) {
					e, _ := i.Estimate(unit)
					value := span(proto+", "+i.size.String()+", "+workers(i.par), e, unit)
					series.Points = append(series.Points, svg.Point{X: float64(i.par), Y: value.Value, Low: value.Low, High: value.High, Tip: value.Tip})
					lines.X.Ticks = append(lines.X.Ticks, float64(i.par))
					s.Table.add(slices.Concat(itemEntries(i), estimate(e, unit))...)
				}
				lines.Series = append(lines.Series, series)
			}
			s.plot(lines.Draw())
		}
	}
	return s
}

// byPar returns the items of a transport, by the number of workers.
func byPar(items []item, proto string) (list []item) {
	for _, i := range items {
		if i.proto == proto {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b item) int { return cmp.Compare(a.par, b.par) })
	return list
}
