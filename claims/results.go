package claims

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// Results are the rounds of commands, by the commands' keys.
type Results map[string]Rounds

// Rounds are the results of a command, which ran once in each round.
type Rounds []map[point]float64

// A point is one unit of one row.
type point struct{ row, unit string }

// Read reads a folder that a Session has written. A folder that does not exist has no results.
func Read(folder string) (Results, error) {
	results := make(Results)
	for key := range commands {
		rounds, err := readRounds(filepath.Join(folder, key+".txt"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		results[key] = rounds
	}
	return results, nil
}

// readRounds reads one command's file, in which a row's nth line belongs to round n.
func readRounds(name string) (Rounds, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rounds Rounds
	seen := make(map[string]int)
	for row, err := range rows(f, name) {
		if err != nil {
			return nil, err
		}
		n := seen[row.name]
		seen[row.name]++
		if n == len(rounds) {
			rounds = append(rounds, make(map[point]float64))
		}
		for unit, value := range row.values {
			rounds[n][point{row.name, unit}] = value
		}
	}
	return rounds, nil
}

// A row is one result line.
type row struct {
	name   string // without Benchmark and the number of processors
	values map[string]float64
}

// rows returns the result lines of benchmark output.
func rows(from io.Reader, name string) func(yield func(row, error) bool) {
	return func(yield func(row, error) bool) {
		reader := benchfmt.NewReader(from, name)
		for reader.Scan() {
			switch r := reader.Result().(type) {
			case *benchfmt.SyntaxError:
				yield(row{}, fmt.Errorf("claims: %w", r))
				return
			case *benchfmt.Result:
				line := row{name: rowName(string(r.Name)), values: make(map[string]float64)}
				for _, v := range r.Values {
					value, unit := v.Value, v.Unit
					if v.OrigUnit != "" {
						value, unit = v.OrigValue, v.OrigUnit
					}
					line.values[unit] = value
				}
				if !yield(line, nil) {
					return
				}
			}
		}
		if err := reader.Err(); err != nil {
			yield(row{}, fmt.Errorf("claims: %w", err))
		}
	}
}

// rowName removes the number of processors, which go test adds unless it is 1.
func rowName(name string) string {
	i := strings.LastIndexByte(name, '-')
	if i < 0 || strings.Trim(name[i+1:], "0123456789") != "" {
		return name
	}
	return name[:i]
}

// rounds returns how many rounds all of the commands have, or why there are none.
func (r Results) rounds(keys []string) (n int, why string) {
	for i, key := range keys {
		if len(r[key]) == 0 {
			return 0, "no results of " + key
		}
		if i == 0 || len(r[key]) < n {
			n = len(r[key])
		}
	}
	return n, ""
}

// values returns the relation's values of the first n rounds, without those in which it cannot
// be computed. If there are none, missing is a figure that the results do not have.
func (r Results) values(relation Relation, n int) (values []float64, missing *Figure) {
	for i := range n {
		value := relation.Value(func(f Figure) float64 {
			x, ok := r[f.Command][i][point{f.Row, f.Unit}]
			if !ok {
				missing = &f
			}
			return x
		})
		if finite(value) {
			values = append(values, value)
		}
	}
	if len(values) > 0 {
		missing = nil
	}
	return values, missing
}
