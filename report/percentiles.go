package report

import (
	"fmt"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/echobench/echobench/report/internal/svg"
)

// percentiles shows the latency by percentile of each cell.
func percentiles(r *run) section {
	s := section{
		ID: "percentiles", Title: "Latency by percentile",
		Text: "The axis is spread so that each step to the right leaves a tenth of the echoes. A thin line is a sample, a thick one is the median of the samples. " +
			"A curve is dotted from where fewer than 10 echoes of a sample lie beyond it, which is too few.",
		Wanted: "no result has p50-ns, and there are no histograms.",
	}
	if len(r.histograms) == 0 {
		s.Text = "The axis is spread so that each step to the right leaves a tenth of the echoes. A mark is the median of the samples, with its interval as a band."
		s.Remark = "There are no histograms of this run, so that the curves have only the percentiles of the result lines. make bench and -hgrm store histograms beside results."
	}
	s.Table.columns = slices.Concat(itemColumns, []string{"percentile", "median of samples", "all samples", "samples", "echoes of a sample"})
	samples := r.drawnSamples()
	if len(r.histograms) > 0 && !samples {
		s.Remark = "The lines of single samples are left out, because there are too many."
	}
	for _, whole := range r.panels("p50-sec", func(i item) string { return join(i.size.String(), workers(i.par), i.more) }) {
		for _, p := range r.split(whole) {
			lines := svg.Lines{
				Title: p.name, X: svg.Axis{Label: "percentile of echoes", Scale: svg.Percentile},
				Y: svg.Axis{Label: join("latency", r.echoes(p.items)), Unit: "sec", Scale: svg.Log},
			}
			for _, i := range p.items {
				lines.Series = append(lines.Series, r.percentileSeries(&s, i, samples))
			}
			s.plot(lines.Draw())
		}
	}
	return s
}

// echoes says how many echoes the samples of the items have, if there are histograms.
func (r *run) echoes(items []item) string {
	var counts []int64
	for _, i := range items {
		for _, h := range r.histograms[i.Cell].samples {
			counts = append(counts, h.TotalCount())
		}
	}
	if counts == nil {
		return ""
	}
	return fmt.Sprintf("%d to %d echoes a sample", slices.Min(counts), slices.Max(counts))
}

// maxSampleLines limits the lines of single samples, which take about 300 bytes each.
const maxSampleLines = 2000

// drawnSamples reports whether the lines of single samples are few enough to be drawn.
func (r *run) drawnSamples() bool {
	n := 0
	for _, h := range r.histograms {
		n += len(h.samples)
	}
	return n <= maxSampleLines
}

// percentileSeries returns the curve of an item, from its histograms if there are any.
func (r *run) percentileSeries(s *section, i item, samples bool) svg.Series {
	series := svg.Series{Name: i.proto, Style: r.style(i.proto)}
	h := r.histograms[i.Cell]
	switch {
	case h.samples != nil:
		r.addCurves(s, &series, i, h.samples, samples)
	case h.all != nil:
		series.Few = few(h.total)
		series.FewTip = fewTip(i, h.total)
		for _, q := range h.all {
			series.Points = append(series.Points, svg.Point{X: q.p, Y: q.value})
			s.Table.add(slices.Concat(itemEntries(i), []entry{plain(100 * q.p), {}, number(q.value, "sec"), {}, {}})...)
		}
	default:
		addLinePercentiles(s, &series, i)
	}
	return series
}

// addCurves adds the curves of samples and their median.
func (r *run) addCurves(s *section, series *svg.Series, i item, samples []*hdrhistogram.Histogram, draw bool) {
	sum := hdrhistogram.New(samples[0].LowestTrackableValue(), samples[0].HighestTrackableValue(), int(samples[0].SignificantFigures()))
	minCount := samples[0].TotalCount()
	for _, h := range samples {
		sum.Merge(h)
		minCount = min(minCount, h.TotalCount())
		var points []svg.Point
		for _, q := range curve(h, levels(h.TotalCount())) {
			points = append(points, svg.Point{X: q.p, Y: q.value})
		}
		if draw {
			series.Samples = append(series.Samples, points)
		}
	}
	series.Few, series.FewTip = few(minCount), fewTip(i, minCount)
	middle := medianCurve(samples)
	var ps []float64
	for _, q := range middle {
		ps = append(ps, q.p)
	}
	all := curve(sum, ps)
	for n, q := range middle {
		series.Points = append(series.Points, svg.Point{X: q.p, Y: q.value})
		s.Table.add(slices.Concat(itemEntries(i), []entry{plain(100 * q.p), number(q.value, "sec"), number(all[n].value, "sec"),
			word(fmt.Sprint(len(samples))), word(fmt.Sprint(minCount))})...)
	}
}

func fewTip(i item, n int64) string {
	return fmt.Sprintf("%s: a sample has %d echoes or more; beyond this point lie fewer than %d of them", i.proto, n, enoughBeyond)
}

// addLinePercentiles adds the percentiles that result lines have.
func addLinePercentiles(s *section, series *svg.Series, i item) {
	series.Marked = true
	for _, u := range []struct {
		unit string
		p    float64
	}{{"p50-sec", 0.5}, {"p95-sec", 0.95}, {"p99-sec", 0.99}, {"p999-sec", 0.999}} {
		e, ok := i.Estimate(u.unit)
		if !ok {
			continue
		}
		value := span(fmt.Sprintf("%s, %g%%", i.proto, 100*u.p), e, u.unit)
		series.Points = append(series.Points, svg.Point{X: u.p, Y: value.Value, Low: value.Low, High: value.High, Tip: value.Tip})
		s.Table.add(slices.Concat(itemEntries(i), []entry{plain(100 * u.p), number(e.Median, u.unit), {}, word(fmt.Sprint(e.Samples)), {}})...)
	}
}
