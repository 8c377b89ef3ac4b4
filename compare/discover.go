package compare

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"
)

// found is what the two builds have.
type found struct {
	both       []string          // the benchmarks that can be compared, in the order of old
	onlyOld    []string          // those that new lacks
	onlyNew    []string          // those that old lacks
	unjudged   []Unjudged        // those that fail or skip
	first      sample            // of old, with a b.N of 1
	directions map[string]string // by unit: "lower" or "higher"
	err        error             // benchmarks that fail in new, but not in old
}

// testingUnits are the directions of the units of package testing, which prints no
// Unit lines.
var testingUnits = map[string]string{"ns/op": "lower", "MB/s": "higher", "B/op": "lower", "allocs/op": "lower"}

// discover runs every benchmark that matches once on old and on new.
func discover(ctx context.Context, r *runner, sides [3]side, c Config) (*found, error) {
	f := &found{directions: maps.Clone(testingUnits)}
	var inventories [2]*inventory
	for i := range inventories {
		fmt.Fprintf(c.Progress, "# finding the benchmarks of %s\n", sides[i].name)
		d := discovery{runner: r, side: sides[i], config: c}
		var err error
		if inventories[i], err = d.run(ctx); err != nil {
			return nil, fmt.Errorf("finding the benchmarks of %s: %w", sides[i].name, err)
		}
		f.addUnits(inventories[i].first.units)
	}
	old, new := inventories[0], inventories[1]
	f.first = old.first
	for _, name := range old.names {
		f.match(name, old, new)
	}
	for _, name := range new.names {
		if _, ok := old.outcomes[name]; !ok {
			f.match(name, old, new)
		}
	}
	if len(old.names)+len(new.names) == 0 {
		return nil, fmt.Errorf("no benchmark matches %q, neither in old nor in new", c.Bench)
	}
	f.report(c)
	return f, nil
}

// match decides what can be done with a benchmark.
func (f *found) match(name string, old, new *inventory) {
	inOld, isOld := old.outcomes[name]
	inNew, isNew := new.outcomes[name]
	switch {
	case !isNew:
		f.onlyOld = append(f.onlyOld, name)
	case inNew.failed && !inOld.failed:
		f.err = errors.Join(f.err, fmt.Errorf("%s fails in new, but not in old: %s", name, inNew.reason))
	case !isOld && inNew.ran():
		f.onlyNew = append(f.onlyNew, name)
	case inOld.ran() && inNew.ran():
		f.both = append(f.both, name)
	default:
		reason := "new: " + inNew.reason
		if inNew.ran() {
			reason = "old: " + inOld.reason
		}
		f.unjudged = append(f.unjudged, Unjudged{Benchmark: name, Reason: reason, skipped: !inOld.failed && !inNew.failed})
	}
}

// report says what cannot be compared.
func (f *found) report(c Config) {
	for _, name := range f.onlyOld {
		fmt.Fprintf(c.Progress, "# %s is in old only\n", name)
	}
	for _, name := range f.onlyNew {
		fmt.Fprintf(c.Progress, "# %s is in new only\n", name)
	}
	for _, u := range f.unjudged {
		fmt.Fprintf(c.Progress, "# %s\n", u)
	}
	if f.err != nil {
		fmt.Fprintf(c.Progress, "# %s\n", comment(f.err.Error()))
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

// An inventory is what one build has.
type inventory struct {
	names    []string // the benchmarks, in the order in which they ran
	outcomes map[string]outcome
	first    sample // of the last process, with a b.N of 1
}

// An outcome says why a benchmark has no result. It is zero if it has one.
type outcome struct {
	reason string
	failed bool // or else it skips
}

func (o outcome) ran() bool { return o.reason == "" }

func (inv *inventory) add(name string, o outcome) {
	if _, known := inv.outcomes[name]; !known {
		inv.names = append(inv.names, name)
	}
	inv.outcomes[name] = o
}

// A discovery finds the benchmarks of one side.
type discovery struct {
	runner *runner
	side   side
	config Config
}

// run runs every benchmark once. If one of them ends the process or hangs, it runs the
// others again without it.
func (d *discovery) run(ctx context.Context) (*inventory, error) {
	inv := &inventory{outcomes: map[string]outcome{}}
	if d.side.empty {
		return inv, nil
	}
	for skip := []string{}; ; {
		out, silence, err := d.once(ctx, d.config.Bench, strings.Join(skip, "|"))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		inv.first = sample{output: out, values: medians(out.results)}
		if d.side.command != nil {
			return inv, errors.Join(err, inv.addRows(out, d.config))
		}
		names := inv.addOutcomes(out, d.runner.suffix())
		if err == nil || silence == nil && ended.MatchString(out.text) && len(inv.names) > 0 {
			return inv, nil
		}
		culprit, reason := d.culprit(ctx, names, silence)
		if culprit == "" || inv.outcomes[culprit].failed {
			return nil, err
		}
		inv.add(culprit, outcome{reason, true})
		skip = append(skip, expression(strings.TrimSuffix(culprit, d.runner.suffix())))
	}
}

// once runs benchmarks once. silence is an error if one of them hangs.
func (d *discovery) once(ctx context.Context, bench, skip string) (out output, silence, err error) {
	watched, stop := d.watch(ctx)
	defer stop()
	out, err = d.runner.run(watched, d.side, job{bench: bench, skip: skip, benchtime: "1x", timeout: d.config.Budget})
	return out, context.Cause(watched), err
}

// culprit returns which of the benchmarks that have started has ended the process, or
// hangs. While a benchmark panics, package testing may start a few others.
func (d *discovery) culprit(ctx context.Context, started []string, silence error) (name, reason string) {
	if len(started) == 0 {
		return "", ""
	}
	last := len(started) - 1
	if silence != nil {
		return started[last], silence.Error()
	}
	reason = "it ended the process: " + d.runner.lastWords()
	for i := last; i >= max(0, last-3); i-- {
		alone := expression(strings.TrimSuffix(started[i], d.runner.suffix()))
		if out, _, err := d.once(ctx, alone, alone+"/."); err != nil && !ended.MatchString(out.text) {
			return started[i], "it ended the process: " + d.runner.lastWords()
		}
	}
	return started[last], reason
}

// addRows adds the benchmarks that a command has printed.
func (inv *inventory) addRows(out output, c Config) error {
	bench, err := regexp.Compile(c.Bench)
	if err != nil {
		return err
	}
	for _, result := range out.results {
		if name := fullName(result); bench.MatchString(name) {
			inv.add(name, outcome{})
		}
	}
	return nil
}

// started matches the line that a test binary prints before it runs a benchmark, and
// unfinished the one after a benchmark without a result.
var (
	started    = regexp.MustCompile(`^Benchmark\S*$`)
	unfinished = regexp.MustCompile(`^\s*--- (FAIL|SKIP): (Benchmark\S*)$`)
)

// addOutcomes adds the benchmarks of a process. It returns those that have started.
func (inv *inventory) addOutcomes(out output, suffix string) (names []string) {
	var said []string // by the present benchmark
	for line := range strings.Lines(out.text) {
		line = strings.TrimRight(line, "\r\n")
		if started.MatchString(line) {
			names, said = append(names, line+suffix), nil
		} else if strings.HasPrefix(line, "    ") {
			said = append(said, strings.TrimSpace(line))
		} else if found := result.FindString(line); found != "" {
			name, _, _ := strings.Cut(strings.ReplaceAll(found, "\t", " "), " ")
			inv.add(name, outcome{})
		} else if found := unfinished.FindStringSubmatch(line); found != nil {
			name := strings.TrimSuffix(found[2], suffix) + suffix
			inv.add(name, outcome{strings.ToLower(found[1]) + ": " + oneLine(strings.Join(said, " ")), found[1] == "FAIL"})
		}
	}
	inv.removeParents(suffix)
	return names
}

// removeParents removes the benchmarks that have failed only because one below them has.
func (inv *inventory) removeParents(suffix string) {
	inv.names = slices.DeleteFunc(inv.names, func(name string) bool {
		prefix := strings.TrimSuffix(name, suffix) + "/"
		isParent := inv.outcomes[name].failed && slices.ContainsFunc(inv.names, func(other string) bool {
			return strings.HasPrefix(other, prefix) && inv.outcomes[other].failed
		})
		if isParent {
			delete(inv.outcomes, name)
		}
		return isParent
	})
}

// maxSilence is how long a benchmark may run with a b.N of 1, unless a tenth of the
// budget is less.
const maxSilence = time.Minute

// watch returns a context that ends if the process of a test binary prints nothing for
// too long. stop must be called when the process has ended.
func (d *discovery) watch(ctx context.Context) (watched context.Context, stop func()) {
	limit := min(maxSilence, d.config.Budget/10)
	if d.side.command != nil {
		limit = d.config.Budget
	}
	watched, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	start := time.Now()
	go func() {
		defer close(done)
		p := progress{w: d.config.Progress, next: start.Add(progressEvery)}
		size, grown := int64(0), start
		for watched.Err() == nil {
			select {
			case <-watched.Done():
			case <-time.After(100 * time.Millisecond):
			}
			if info, err := os.Stat(d.runner.stdout.Name()); err == nil && info.Size() != size {
				size, grown = info.Size(), time.Now()
			}
			if time.Since(grown) > limit {
				cancel(fmt.Errorf("it hangs: nothing was printed for %v", limit))
			}
			p.line("finding the benchmarks of %s: %v", d.side.name, time.Since(start).Round(time.Second))
		}
	}()
	return watched, func() { cancel(nil); <-done }
}
