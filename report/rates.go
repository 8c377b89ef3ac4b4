package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/report/internal/svg"
)

const rateAxis = "rate"

// offered shows the response time against the load.
func offered(r *run) section {
	s := section{
		ID: "offered", Title: "Response time against offered load",
		Text:   "Requests arrive at a rate; the response time counts from when a request was due. A cross at the top is a rate that was not kept.",
		Wanted: "there are no rates. Measure with -rate 20%,50%,80% or requests a second.",
	}
	s.Table.columns = slices.Concat(itemColumns, []string{"offered/s"}, estimateColumns)
	for _, u := range []struct{ unit, label string }{{"p50-sec", "median response time"}, {"p99-sec", "99th percentile of the response time"}} {
		panels := r.panels(u.unit, func(i item) string { return join(i.size.String(), workers(i.par), r.withoutRate(i)) })
		for _, whole := range panels {
			whole.items = slices.DeleteFunc(whole.items, func(i item) bool { return i.Axis(rateAxis) == "" })
			for _, p := range r.split(whole) {
				r.addOffered(&s, p, u.unit, u.label)
			}
		}
	}
	return s
}

// withoutRate returns the further axes of an item other than the rate.
func (r *run) withoutRate(i item) string {
	parts := strings.Split(i.more, ", ")
	return join(slices.DeleteFunc(parts, func(s string) bool { return strings.HasPrefix(s, rateAxis+"=") })...)
}

// addOffered adds the plot of a panel.
func (r *run) addOffered(s *section, p panel, unit, label string) {
	lines := svg.Lines{Title: p.name, X: svg.Axis{Label: "requests offered a second", Unit: "offered/s", Scale: svg.Log}, Y: svg.Axis{Label: label, Unit: unit, Scale: svg.Log}}
	for _, proto := range r.protosOf(p.items) {
		series := svg.Series{Name: proto, Style: r.style(proto), Marked: true}
		for _, i := range p.items {
			rate, ok := i.Estimate("offered/s")
			if !ok || i.proto != proto {
				continue
			}
			e, _ := i.Estimate(unit)
			value := span(join(proto, cells.FormatDigits(rate.Median, "", 3)+" requests a second"), e, unit)
			series.Points = append(series.Points, svg.Point{X: rate.Median, Y: value.Value, Low: value.Low, High: value.High, Tip: value.Tip})
			s.Table.add(slices.Concat(itemEntries(i), []entry{number(rate.Median, "offered/s")}, estimate(e, unit))...)
		}
		slices.SortStableFunc(series.Points, func(a, b svg.Point) int { return cmp.Compare(a.X, b.X) })
		series.Crosses = r.notKept(p, proto)
		lines.Series = append(lines.Series, series)
	}
	s.plot(lines.Draw())
}

var offeredRate = regexp.MustCompile(`the (?:system|load generator) could not keep up: (?:at )?(\d+) requests a second`)

// notKept returns the rates of a transport that were not kept, in the cells of the panel.
func (r *run) notKept(p panel, proto string) (crosses []svg.Point) {
	for _, failure := range r.file.Failures {
		match := offeredRate.FindStringSubmatch(failure.Message)
		first := p.items[0]
		name := failure.Name + "/"
		if match == nil || !strings.Contains(name, fmt.Sprintf("/proto=%s/size=%v/par=%d/", proto, first.size, first.par)) {
			continue
		}
		rate, err := strconv.ParseFloat(match[1], 64)
		if err == nil {
			crosses = append(crosses, svg.Point{X: rate, Tip: fmt.Sprintf("%s, %d samples: %s", proto, failure.Samples, failure.Message)})
		}
	}
	return crosses
}

// maxRates shows the highest rate at which an SLO is kept.
func maxRates(r *run) section {
	s := section{
		ID: "maxrate", Title: "Highest rate for a service-level objective",
		Text:   "The rate at which half of the trials keep the limit, with its 95% interval.",
		Wanted: "there are none. Run -bench MaxRate with -slo p99=1ms.",
	}
	s.Table.columns = slices.Concat(itemColumns, []string{"max-ops/s", "low", "high"})
	const unit = "max-ops/s"
	for _, p := range r.panels(unit, func(i item) string { return join(i.size.String(), workers(i.par), i.more) }) {
		plot := svg.Intervals{Title: p.name, X: svg.Axis{Label: "requests a second", Unit: unit}}
		for _, i := range p.items {
			e, _ := i.Estimate(unit)
			low, ok1 := i.Estimate("max-low-ops/s")
			high, ok2 := i.Estimate("max-high-ops/s")
			value := svg.Span{Value: e.Median, Low: e.Median, High: e.Median, Tip: i.proto + ": " + exact(e.Median, unit)}
			if ok1 && ok2 {
				value.Low, value.High = low.Median, high.Median
				value.Tip += fmt.Sprintf(" [%s, %s]", exact(low.Median, unit), exact(high.Median, unit))
			}
			plot.Rows = append(plot.Rows, svg.Interval{Name: i.proto, Remark: cells.FormatDigits(e.Median, unit, 3), Style: r.style(i.proto), Value: value})
			s.Table.add(slices.Concat(itemEntries(i), []entry{number(e.Median, unit), number(value.Low, unit), number(value.High, unit)})...)
		}
		s.plot(plot.Draw())
	}
	return s
}
