package compare

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A task is what a process of each side runs in every round: one benchmark of a test
// binary, or a command with all of its benchmarks.
type task struct {
	name        string
	series      []series      // one for each benchmark
	bench, skip string        // expressions that select the benchmark
	n           int           // b.N of every run; 0 until it is known
	timeout     time.Duration // of a run
	orders      orders
	cost        time.Duration // of the last round
	rounds      int
	widths      []float64 // half-widths of the intervals; nil in the first rounds
	sitsOut     bool      // it has no run in the present round
	finished    bool
	failed      *side // of err; nil if it is not the side's fault
	err         error // why there are no further rounds
}

// fail ends a task.
func (t *task) fail(s side, err error) { t.failed, t.err = &s, err }

// A scheduler runs the tasks round by round.
type scheduler struct {
	config   Config
	sides    [3]side
	found    *found
	sample   func(ctx context.Context, s side, t *task, benchtime string) (sample, error)
	files    *files
	progress progress
	tasks    []*task
	start    time.Time // of the first round
	deadline time.Time // of the last one
	elapsed  time.Duration
}

func newScheduler(c Config, r *runner, sides [3]side, found *found, f *files, deadline time.Time) *scheduler {
	s := &scheduler{config: c, sides: sides, found: found, sample: r.sample, files: f, progress: progress{w: c.Progress}, deadline: deadline}
	if command := sides[0].command; command != nil && len(found.both) > 0 {
		t := &task{name: strings.Join(command, " "), orders: newOrders(c.Seed, 0)}
		for _, name := range found.both {
			t.series = append(t.series, series{benchmark: name})
		}
		s.tasks = append(s.tasks, t)
		return s
	}
	for i, name := range found.both {
		t := &task{name: name, series: []series{{benchmark: name, binaries: len(sides[0].binaries)}}, orders: newOrders(c.Seed, i)}
		bare := strings.TrimSuffix(name, r.suffix())
		t.bench = expression(bare)
		if slices.ContainsFunc(found.both, func(other string) bool { return strings.HasPrefix(other, bare+"/") }) {
			t.skip = t.bench + "/."
		}
		s.tasks = append(s.tasks, t)
	}
	return s
}

// compare fixes b.N of each task, and then runs rounds until every task is
// finished, the budget is spent or ctx ends.
func (s *scheduler) compare(ctx context.Context) error {
	s.start = time.Now()
	if err := s.calibrate(ctx); err != nil {
		return s.unlessSpent(err)
	}
	s.start = time.Now()
	defer func() { s.elapsed = time.Since(s.start) }()
	for n := 1; ; n++ {
		// The order depends on the seed alone, not on which tasks are finished.
		order := rand.New(rand.NewPCG(s.config.Seed, uint64(n))).Perm(len(s.tasks))
		s.allocate()
		more, err := s.round(ctx, n, order)
		if err != nil || !more {
			return s.unlessSpent(err)
		}
	}
}

// unlessSpent returns the error, unless it says that the budget is spent: what was
// measured until then is judged.
func (s *scheduler) unlessSpent(err error) error {
	if errors.Is(err, errSpent) {
		return nil
	}
	return err
}

// round runs every unfinished task once, except those that sit out. It reports
// whether there is another round.
func (s *scheduler) round(ctx context.Context, n int, order []int) (more bool, err error) {
	for _, i := range order {
		t := s.tasks[i]
		if t.finished || t.sitsOut || t.err != nil {
			continue
		}
		if s.left() < t.cost {
			return false, nil
		}
		if err := s.runTask(ctx, t); err != nil {
			return false, err
		}
		s.printProgress(n)
		more = true
	}
	return more, nil
}

// left returns what is left of the budget.
func (s *scheduler) left() time.Duration { return time.Until(s.deadline) }

// runTask runs a task on all sides, and decides whether it is finished. Its error
// ends the comparison, whereas that of a benchmark ends the task.
func (s *scheduler) runTask(ctx context.Context, t *task) error {
	start := time.Now()
	var samples [3]sample
	for _, i := range t.orders.next() {
		got, err := s.sample(ctx, s.sides[i].in(t.rounds), t, strconv.Itoa(t.n)+"x")
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			t.fail(s.sides[i], err)
			return nil
		}
		if err := s.files.add(i, got); err != nil {
			return err
		}
		s.found.addUnits(got.units)
		samples[i] = got
	}
	for i := range t.series {
		one := &t.series[i]
		one.rounds = append(one.rounds, round{samples[0].values[one.benchmark], samples[1].values[one.benchmark], samples[2].values[one.benchmark]})
	}
	t.rounds++
	t.cost = time.Since(start)
	if t.rounds >= s.config.MinRounds {
		t.widths = nil
		for _, one := range t.series {
			t.widths = append(t.widths, one.widths(s.found.directions, s.config)...)
		}
		t.finished = t.rounds >= s.config.MaxRounds || narrow(t.widths, s.config.Width)
	}
	return nil
}

// printProgress says how far the comparison is.
func (s *scheduler) printProgress(n int) {
	finished := 0
	var further time.Duration
	for _, t := range s.tasks {
		if t.finished || t.err != nil {
			finished++
		} else {
			further += t.cost * time.Duration(s.config.MaxRounds-t.rounds)
		}
	}
	s.progress.line("round %d: %d of %d finished, %v elapsed, at most about %v left", n, finished, len(s.tasks),
		time.Since(s.start).Round(time.Second), max(0, min(further, s.left())).Round(time.Second))
}

// result judges the rounds so far. Its error has the benchmarks that fail in new.
func (s *scheduler) result() (*Result, error) {
	var all []series
	err := s.found.err
	result := &Result{Elapsed: s.elapsed, OnlyOld: s.found.onlyOld, OnlyNew: s.found.onlyNew, Unjudged: s.found.unjudged}
	for _, t := range s.tasks {
		result.Rounds = max(result.Rounds, t.rounds)
		if t.err != nil && t.failed.name == "new" {
			err = errors.Join(err, t.err)
		}
		if t.rounds > 0 {
			all = append(all, t.series...)
		}
		result.Unjudged = append(result.Unjudged, t.unjudged(s.config.Budget)...)
	}
	result.Rows = judge(all, s.found.directions, s.config)
	result.addUnjudged(all, s.config)
	result.allow(s.config)
	fmt.Fprintf(s.config.Progress, "# %d rounds in %v\n", result.Rounds, s.elapsed.Round(time.Second))
	return result, err
}

// unjudged returns the benchmarks of the task if it has too few rounds for a verdict.
func (t *task) unjudged(budget time.Duration) (all []Unjudged) {
	if t.err == nil && t.rounds >= minPairs || t.err != nil && t.failed.name == "new" {
		return nil
	}
	reason := fmt.Sprintf("it has %d rounds of at least %d: the budget of %v is too small", t.rounds, minPairs, budget)
	if t.err != nil {
		reason = oneLine(t.err.Error())
	}
	for _, one := range t.series {
		all = append(all, Unjudged{Benchmark: one.benchmark, Reason: reason})
	}
	return all
}

// An order says in which order the sides run: indices of old, new and placebo.
type order [3]int

// allOrders are the orders of three sides.
var allOrders = [...]order{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}

// orders draws random orders. In six draws each order comes once, so that every
// side is equally often the first, which follows another benchmark.
type orders struct {
	random *rand.Rand
	deck   []order // those that remain of six
}

// newOrders returns the orders of a task. They depend on the seed and the task
// alone.
func newOrders(seed uint64, task int) orders {
	return orders{random: rand.New(rand.NewPCG(^seed, uint64(task)))}
}

func (o *orders) next() order {
	if len(o.deck) == 0 {
		o.deck = append(o.deck, allOrders[:]...)
		o.random.Shuffle(len(o.deck), func(i, j int) { o.deck[i], o.deck[j] = o.deck[j], o.deck[i] })
	}
	next := o.deck[0]
	o.deck = o.deck[1:]
	return next
}
