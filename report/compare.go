package report

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/echobench/echobench/internal/measure/cells"
	"github.com/echobench/echobench/internal/measure/summary"
	"github.com/echobench/echobench/report/internal/svg"
)

// A ratio is how a unit of a benchmark has changed.
type ratio struct {
	benchmark, unit string
	value           svg.Span
	placebo         *svg.Span
	remark          string
}

// addComparison adds a folder that make compare has written.
func (p *page) addComparison(folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, "verdict.csv"))
	if err != nil {
		return err
	}
	ratios, err := readVerdicts(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(folder, "verdict.csv"), err)
	}
	s := section{
		ID: "ratios", Title: "New build against old",
		Text: "Ratios of new to old with their 95% intervals, the worst first. Below each, hollow and grey, is the placebo: the old build against itself in the same rounds. " +
			"Where the placebo's interval does not contain 1, the machine has changed by as much without any change of the code.",
	}
	counts := map[string]int{}
	for _, r := range ratios {
		counts[r.remark]++
	}
	s.addRatios(ratios, 25)
	p.add(s)
	for _, verdict := range []string{"slower", "unmeasurable", "unclear", "same", "faster"} {
		if n := counts[verdict]; n > 0 {
			p.Notes = append(p.Notes, summary.Note{Topic: verdict, Text: fmt.Sprintf("%d of %d rows", n, len(ratios))})
		}
	}
	p.Raw = append(p.Raw, newDownload("verdict.csv", "text/csv", text))
	for _, side := range []string{"old", "new", "placebo"} {
		f, err := cells.ReadFile(filepath.Join(folder, side+".txt"))
		if err != nil {
			p.Problems = append(p.Problems, err.Error())
			continue
		}
		p.addSource(f)
	}
	return nil
}

// A verdictTable is a CSV file of package compare, whose columns have names.
type verdictTable struct {
	columns map[string]int
	records [][]string
}

// neededColumns are those that a plot of ratios is made of.
var neededColumns = []string{"benchmark", "unit", "ratio", "low", "high", "placebo_ratio", "placebo_low", "placebo_high", "verdict"}

func readTable(text string, needed ...string) (t verdictTable, err error) {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return t, err
	}
	if len(records) == 0 {
		return t, errors.New("the file is empty")
	}
	t = verdictTable{map[string]int{}, records[1:]}
	for i, name := range records[0] {
		t.columns[name] = i
	}
	for _, name := range append(needed, neededColumns...) {
		if _, ok := t.columns[name]; !ok {
			return t, fmt.Errorf("there is no column %s", name)
		}
	}
	return t, nil
}

func (t verdictTable) get(record []string, name string) string { return record[t.columns[name]] }

// span returns the ratio in three columns.
func (t verdictTable) span(record []string, what string, names ...string) (svg.Span, error) {
	var values [3]float64
	for i, name := range names {
		v, err := strconv.ParseFloat(t.get(record, name), 64)
		if err != nil {
			return svg.Span{}, fmt.Errorf("column %s: %w", name, err)
		}
		values[i] = v
	}
	return ratioSpan(what, values[0], values[1], values[2]), nil
}

// ratio returns the ratio of a record.
func (t verdictTable) ratio(record []string) (r ratio, err error) {
	r = ratio{benchmark: strings.TrimPrefix(t.get(record, "benchmark"), "Benchmark"), unit: t.get(record, "unit"), remark: t.get(record, "verdict")}
	if r.value, err = t.span(record, r.benchmark+" "+r.unit+", new/old", "ratio", "low", "high"); err != nil {
		return r, err
	}
	placebo, err := t.span(record, r.benchmark+" "+r.unit+", placebo/old", "placebo_ratio", "placebo_low", "placebo_high")
	r.placebo = &placebo
	return r, err
}

// readVerdicts reads verdict.csv.
func readVerdicts(text string) (ratios []ratio, err error) {
	t, err := readTable(text)
	if err != nil {
		return nil, err
	}
	for _, record := range t.records {
		r, err := t.ratio(record)
		if err != nil {
			return nil, err
		}
		ratios = append(ratios, r)
	}
	return ratios, nil
}

// ratioSpan returns a ratio with its interval, as far as it is known: +Inf as its upper end means that
// it is not.
func ratioSpan(name string, value, low, high float64) svg.Span {
	s := svg.Span{Value: value, Low: low, High: high}
	s.Tip = fmt.Sprintf("%s: %.3f [%.3f, %.3f]", name, value, low, high)
	if math.IsInf(high, 0) || math.IsNaN(low) {
		s.Low, s.High = value, value
		s.Tip = fmt.Sprintf("%s: %.3f, too few rounds for an interval", name, value)
	}
	return s
}

// addRatios adds plots of so many rows each, and the table.
func (s *section) addRatios(ratios []ratio, rows int) {
	s.Table.columns = []string{"benchmark", "unit", "ratio", "low", "high", "placebo", "placebo low", "placebo high", "verdict"}
	var list []svg.Interval
	for _, r := range ratios {
		entries := []entry{word(r.benchmark), word(r.unit)}
		entries = append(entries, spanEntries(&r.value)...)
		entries = append(entries, spanEntries(r.placebo)...)
		s.Table.add(append(entries, word(r.remark))...)
		style := map[string]int{"slower": 1, "faster": 2}[r.remark]
		list = append(list, svg.Interval{Name: r.benchmark + " " + r.unit, Remark: r.remark, Style: style, Value: r.value, Second: r.placebo})
	}
	n := 0
	for chunk := range slices.Chunk(list, rows) {
		title := fmt.Sprintf("Rows %d to %d of %d", n+1, n+len(chunk), len(list))
		n += len(chunk)
		s.plot(svg.Intervals{Title: title, X: svg.Axis{Label: "new/old", Unit: "×", Scale: svg.Log}, Rows: chunk, One: true}.Draw())
	}
}

func spanEntries(s *svg.Span) []entry {
	if s == nil {
		return []entry{{}, {}, {}}
	}
	return []entry{plain(s.Value), plain(s.Low), plain(s.High)}
}

// comparedUnits are what files are compared by, unless they have none of them.
var comparedUnits = []string{"ops/s", "sec/op", "p50-sec", "p99-sec", "cpu-sec/op", "allocs/op", "B/op"}

// compareFiles shows the ratios of the second file to the first.
func compareFiles(old, new *run) section {
	s := section{
		ID: "ratios", Title: new.file.Name + " against " + old.file.Name,
		Text: "Ratios of medians, the worst first. An interval reaches from the ratio of one interval's lower end to the other's upper end, and back, so that it is wide. " +
			"Two runs one after the other also compare two moments of the machine: make compare runs both in turns, with a placebo.",
		Wanted: "the files have no benchmark and unit in common.",
	}
	var ratios []ratio
	for _, c := range new.file.Cells {
		at := slices.IndexFunc(old.file.Cells, func(o *cells.Cell) bool { return o.Name == c.Name && o.Config == c.Config })
		if at < 0 {
			continue
		}
		for _, unit := range unitsToCompare(c) {
			if r, ok := compareUnit(old.file.Cells[at], c, unit, direction(new.file, unit)); ok {
				ratios = append(ratios, r)
			}
		}
	}
	slices.SortStableFunc(ratios, func(a, b ratio) int {
		return cmp.Compare(harm(b, direction(new.file, b.unit)), harm(a, direction(new.file, a.unit)))
	})
	if len(ratios) > 0 {
		s.addRatios(ratios, 30)
	}
	return s
}

func unitsToCompare(c *cells.Cell) (units []string) {
	for _, unit := range c.Units {
		if slices.Contains(comparedUnits, unit) && !(unit == "sec/op" && slices.Contains(c.Units, "ops/s")) {
			units = append(units, unit)
		}
	}
	if units == nil {
		return c.Units
	}
	return units
}

// direction returns which direction of a unit is better.
func direction(f *cells.File, unit string) string {
	return cmp.Or(f.Better[unit], map[string]string{"B/s": "higher", "ops/s": "higher"}[unit], "lower")
}

// harm returns how much worse a ratio is than 1.
func harm(r ratio, better string) float64 {
	if better == "higher" {
		return -math.Log(r.value.Value)
	}
	return math.Log(r.value.Value)
}

// compareUnit returns the ratio of a unit in two cells, if there is one.
func compareUnit(old, new *cells.Cell, unit, better string) (ratio, bool) {
	a, ok1 := old.Estimate(unit)
	b, ok2 := new.Estimate(unit)
	if !ok1 || !ok2 || a.Median <= 0 || b.Median <= 0 {
		return ratio{}, false
	}
	r := ratio{benchmark: join(new.Name, new.Config), unit: unit, remark: "unclear"}
	low, high := 0.0, math.Inf(1)
	if a.Known() && b.Known() && a.Low > 0 && b.Low > 0 {
		low, high = b.Low/a.High, b.High/a.Low
	}
	r.value = ratioSpan(r.benchmark+" "+unit+", new/old", b.Median/a.Median, low, high)
	if low == 0 {
		r.remark = "too few"
	} else if low > 1 || high < 1 {
		r.remark = "slower"
		if harm(r, better) < 0 {
			r.remark = "faster"
		}
	}
	return r, true
}
