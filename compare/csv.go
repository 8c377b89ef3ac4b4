package compare

import (
	"encoding/csv"
	"io"
	"strconv"
)

// columns are the names of the columns of verdict.csv.
var columns = []string{"benchmark", "unit", "old", "new", "ratio", "low", "high", "placebo_ratio", "placebo_low", "placebo_high", "rounds", "verdict"}

// WriteCSV writes the rows as comma-separated values, under a line with the names
// of the columns. Medians have all their digits, and ratios six significant ones.
// Infinite values are written as +Inf, and unknown ones as NaN; strconv.ParseFloat
// reads both.
func (r *Result) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write(columns)
	for _, row := range r.Rows {
		out.Write(row.record())
	}
	out.Flush()
	return out.Error()
}

// record returns the values of the columns.
func (r Row) record() []string {
	record := []string{r.Benchmark, r.Unit, decimal(r.Old, 'f', -1), decimal(r.New, 'f', -1)}
	for _, i := range []Interval{r.Ratio, r.Placebo} {
		record = append(record, decimal(i.Ratio, 'g', 6), decimal(i.Low, 'g', 6), decimal(i.High, 'g', 6))
	}
	return append(record, strconv.Itoa(r.Rounds), string(r.Verdict))
}

func decimal(v float64, format byte, precision int) string {
	return strconv.FormatFloat(v, format, precision, 64)
}
