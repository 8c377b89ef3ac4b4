package compare

import (
	"encoding/csv"
	"io"
	"strconv"
)

// WriteCSV writes the rows as comma-separated values, under a line with the names
// of the columns. Medians have all their digits, and ratios six significant ones.
// Infinite values are written as +Inf, and unknown ones as NaN; strconv.ParseFloat
// reads both.
func (r *Result) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write([]string{"benchmark", "unit", "old", "new", "ratio", "low", "high",
		"placebo_ratio", "placebo_low", "placebo_high", "rounds", "verdict"})
	for _, row := range r.Rows {
		record := []string{row.Benchmark, row.Unit, decimal(row.Old, 'f', -1), decimal(row.New, 'f', -1)}
		for _, i := range []Interval{row.Ratio, row.Placebo} {
			record = append(record, decimal(i.Ratio, 'g', 6), decimal(i.Low, 'g', 6), decimal(i.High, 'g', 6))
		}
		out.Write(append(record, strconv.Itoa(row.Rounds), string(row.Verdict)))
	}
	out.Flush()
	return out.Error()
}

func decimal(v float64, format byte, precision int) string {
	return strconv.FormatFloat(v, format, precision, 64)
}
