package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/perf/benchfmt"
)

// found is what the two builds have.
type found struct {
	both       []string          // the benchmarks that can be compared, in the order of old
	onlyOld    []string          // those that new lacks, or that fail there
	onlyNew    []string          // those that old lacks, or that fail there
	directions map[string]string // by unit: "lower" or "higher"
	err        error             // new has benchmarks that fail, but not all of them on old too
}

// testingUnits are the directions of the units of package testing, which prints no
// Unit lines.
var testingUnits = map[string]string{"ns/op": "lower", "MB/s": "higher", "B/op": "lower", "allocs/op": "lower"}

// discover runs every benchmark that matches once on old and on new.
func discover(ctx context.Context, r *runner, sides [3]side, c Config) (*found, error) {
	f := &found{directions: map[string]string{}}
	for unit, direction := range testingUnits {
		f.directions[unit] = direction
	}
	var names [2][]string
	var errs [2]error
	for i := range names {
		fmt.Fprintf(c.Progress, "# finding the benchmarks of %s\n", sides[i].name)
		out, err := r.run(ctx, sides[i], c.Bench, "1x", c.Budget)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			errs[i] = fmt.Errorf("finding the benchmarks of %s: %w", sides[i].name, err)
		}
		for _, result := range out.results {
			names[i] = append(names[i], fullName(result))
		}
		f.addUnits(out.units)
	}
	for _, name := range names[0] {
		if slices.Contains(names[1], name) {
			f.both = append(f.both, name)
		} else {
			f.onlyOld = append(f.onlyOld, name)
		}
	}
	for _, name := range names[1] {
		if !slices.Contains(names[0], name) {
			f.onlyNew = append(f.onlyNew, name)
		}
	}
	if errs[0] == nil || len(f.onlyOld) > 0 {
		f.err = errs[1]
	}
	if len(f.both) == 0 {
		none := fmt.Errorf("no benchmark that matches %q runs on both sides: old has %d, and new has %d", c.Bench, len(names[0]), len(names[1]))
		return nil, errors.Join(none, errs[0], errs[1])
	}
	f.report(c, errs)
	return f, nil
}

// report says what cannot be compared.
func (f *found) report(c Config, errs [2]error) {
	for _, err := range errs {
		if err != nil {
			fmt.Fprintf(c.Progress, "# %s\n", comment(err.Error()))
		}
	}
	for _, name := range f.onlyOld {
		fmt.Fprintf(c.Progress, "# %s runs on old only\n", name)
	}
	for _, name := range f.onlyNew {
		fmt.Fprintf(c.Progress, "# %s runs on new only\n", name)
	}
}

// addUnits adds the directions that Unit lines give.
func (f *found) addUnits(units []*benchfmt.UnitMetadata) {
	for _, u := range units {
		if u.Key == "better" && (u.Value == "lower" || u.Value == "higher") {
			f.directions[u.OrigUnit] = u.Value
		}
	}
}
