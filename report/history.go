package report

import (
	"fmt"
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
		return fmt.Errorf("%s: neither verdict.csv nor a results file: %s", folder, strings.Join(append(p.Problems, "no *.txt"), "; "))
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
	var files2 []string
	var list []*cells.Cell
	for _, f := range files {
		files2 = append(files2, strings.TrimSuffix(f.Name, ".txt"))
		for _, c := range f.Cells {
			if !slices.ContainsFunc(list, func(o *cells.Cell) bool { return o.Name == c.Name }) {
				list = append(list, c)
			}
		}
	}
	for _, c := range list {
		for _, unit := range unitsToCompare(c) {
			lines := svg.Lines{Title: c.Name, X: svg.Axis{Label: "file", Names: files2}, Y: svg.Axis{Label: unit, Unit: unit, Scale: svg.Log}}
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
