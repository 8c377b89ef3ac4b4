package report

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/report/internal/svg"
)

// addHistory adds a folder of results files, in the order of their names, as series.
func (p *page) addHistory(folder string) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	var files []*cells.File
	for _, name := range names {
		f, err := cells.ReadFile(name)
		if err != nil {
			p.Problems = append(p.Problems, err.Error())
			continue
		}
		files = append(files, f)
		p.addSource(f)
	}
	if len(files) == 0 {
		return fmt.Errorf("%s: neither verdict.csv, history.csv nor a results file: %s", folder, strings.Join(append(p.Problems, "no *.txt"), "; "))
	}
	p.add(history(files))
	return nil
}

// history shows each unit of each benchmark over the files.
func history(files []*cells.File) section {
	s := section{
		ID: "history", Title: "History",
		Text:   "Medians of one file after the other, with their intervals. The files were measured at different times, so that a step can also be the machine's.",
		Wanted: "the files have no benchmark with a unit that is compared.",
	}
	s.Table.columns = slices.Concat([]string{"benchmark", "file"}, estimateColumns)
	var labels []string
	var list []*cells.Cell
	for _, f := range files {
		labels = append(labels, strings.TrimSuffix(f.Name, ".txt"))
		for _, c := range f.Cells {
			if !slices.ContainsFunc(list, func(o *cells.Cell) bool { return o.Name == c.Name }) {
				list = append(list, c)
			}
		}
	}
	for _, c := range list {
		for _, unit := range unitsToCompare(c) {
			lines := svg.Lines{Title: c.Name, X: svg.Axis{Label: "file", Names: labels}, Y: svg.Axis{Label: unit, Unit: unit, Scale: svg.Log}}
			lines.Series = []svg.Series{s.seriesOf(files, c.Name, unit)}
			s.plot(lines.Draw())
		}
	}
	return s
}

// seriesOf returns a unit of a benchmark over the files, and adds it to the table.
func (s *section) seriesOf(files []*cells.File, name, unit string) svg.Series {
	series := svg.Series{Name: unit, Marked: true}
	for n, f := range files {
		at := slices.IndexFunc(f.Cells, func(c *cells.Cell) bool { return c.Name == name })
		if at < 0 {
			continue
		}
		e, ok := f.Cells[at].Estimate(unit)
		if !ok {
			continue
		}
		value := span(f.Name, e, unit)
		series.Points = append(series.Points, svg.Point{X: float64(n), Y: value.Value, Low: value.Low, High: value.High, Tip: value.Tip})
		s.Table.add(slices.Concat([]entry{word(name), word(f.Name)}, estimate(e, unit))...)
	}
	return series
}

// addCommits adds a folder with history.csv: each commit of a range against one reference.
func (p *page) addCommits(folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, "history.csv"))
	if err != nil {
		return err
	}
	s, err := commits(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(folder, "history.csv"), err)
	}
	p.add(s)
	p.Raw = append(p.Raw, newDownload("history.csv", "text/csv", text))
	return nil
}

// commits shows the ratios in history.csv, of each benchmark and unit over the commits.
func commits(text string) (section, error) {
	s := section{
		ID: "history", Title: "Each commit against the reference",
		Text: "Ratios of each commit to the same reference, with 95% intervals. The placebo is the reference against itself in the same rounds: " +
			"where it moves as well, the machine has changed.",
		Wanted: "history.csv has no row.",
	}
	s.Table.columns = []string{"commit", "date", "benchmark", "unit", "ratio", "low", "high", "placebo", "placebo low", "placebo high", "verdict"}
	t, err := readTable(text, "number", "commit", "date")
	if err != nil {
		return s, err
	}
	var names, keys []string // of the commits, and of the benchmarks with their units
	plots := map[string]*svg.Lines{}
	for _, record := range t.records {
		commit := t.get(record, "commit")
		commit = commit[:min(len(commit), 9)]
		if !slices.Contains(names, commit) {
			names = append(names, commit)
		}
		r, err := t.ratio(record)
		if err != nil {
			return s, err
		}
		key := r.benchmark + " " + r.unit
		if plots[key] == nil {
			keys = append(keys, key)
			plots[key] = &svg.Lines{Title: r.benchmark, Y: svg.Axis{Label: r.unit + ", ratio to the reference", Unit: "×", Scale: svg.Log},
				Series: []svg.Series{{Name: "commit", Marked: true}, {Name: "placebo", Style: 11, Marked: true}}}
		}
		x := float64(slices.Index(names, commit))
		for n, v := range []svg.Span{r.value, *r.placebo} {
			series := &plots[key].Series[n]
			series.Points = append(series.Points, svg.Point{X: x, Y: v.Value, Low: v.Low, High: v.High, Tip: commit + " " + v.Tip})
		}
		entries := append([]entry{word(commit), word(t.get(record, "date")), word(r.benchmark), word(r.unit)}, spanEntries(&r.value)...)
		s.Table.add(append(append(entries, spanEntries(r.placebo)...), word(r.remark))...)
	}
	for _, key := range keys {
		plots[key].X = svg.Axis{Label: "commits, the oldest first", Names: names}
		s.plot(plots[key].Draw())
	}
	return s, nil
}
