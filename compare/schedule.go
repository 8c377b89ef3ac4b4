package compare

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// A task is one benchmark of the comparison.
type task struct {
	series
	n        int           // b.N of every run
	timeout  time.Duration // of a run
	orders   orders
	cost     time.Duration // of the last round
	widths   []float64     // half-widths of the intervals; nil in the first rounds
	sitsOut  bool          // it has no run in the present round
	finished bool
	err      error // why there are no further rounds
}

// A scheduler runs the tasks round by round.
type scheduler struct {
	config   Config
	sides    [3]side
	found    *found
	sample   func(ctx context.Context, s side, benchmark, benchtime string, timeout time.Duration) (sample, error)
	renew    func(side) error
	files    *files
	progress progress
	tasks    []*task
	start    time.Time // of the first round
	renewed  time.Time // when the binaries were copied
	elapsed  time.Duration
}

// renewEvery is how old copies of the binaries may be when a round begins. To copy them
// takes about as long as a run.
const renewEvery = 10 * time.Second

func newScheduler(c Config, r *runner, sides [3]side, found *found, f *files) *scheduler {
	s := &scheduler{config: c, sides: sides, found: found, sample: r.sample, renew: side.renew, files: f, progress: progress{w: c.Progress}}
	for i, name := range found.both {
		s.tasks = append(s.tasks, &task{series: series{benchmark: name}, orders: newOrders(c.Seed, i)})
	}
	return s
}

// compare fixes b.N of each task, and then runs rounds until every task is
// finished, the budget is spent or ctx ends.
func (s *scheduler) compare(ctx context.Context) error {
	if err := s.calibrate(ctx); err != nil {
		return err
	}
	s.start = time.Now()
	s.renewed = s.start
	defer func() { s.elapsed = time.Since(s.start) }()
	for n := 1; ; n++ {
		// The order depends on the seed alone, not on which tasks are finished.
		order := rand.New(rand.NewPCG(s.config.Seed, uint64(n))).Perm(len(s.tasks))
		if err := s.renewBinaries(); err != nil {
			return err
		}
		s.allocate()
		more, err := s.round(ctx, n, order)
		if err != nil || !more {
			return err
		}
	}
}

// renewBinaries copies the binaries again from time to time.
func (s *scheduler) renewBinaries() error {
	if time.Since(s.renewed) < renewEvery {
		return nil
	}
	for _, side := range s.sides {
		if err := s.renew(side); err != nil {
			return err
		}
	}
	s.renewed = time.Now()
	return nil
}

// round runs every unfinished task once, except those that sit out. It reports
// whether there is another round.
func (s *scheduler) round(ctx context.Context, n int, order []int) (more bool, err error) {
	for _, i := range order {
		c := s.tasks[i]
		if c.finished || c.sitsOut || c.err != nil {
			continue
		}
		if s.left() < c.cost {
			return false, nil
		}
		if err := s.runTask(ctx, c); err != nil {
			return false, err
		}
		s.printProgress(n)
		more = true
	}
	return more, nil
}

// left returns what is left of the budget.
func (s *scheduler) left() time.Duration { return s.config.Budget - time.Since(s.start) }

// runTask runs a task on all sides, and decides whether it is finished. Its error
// ends the comparison, whereas that of a benchmark ends the task.
func (s *scheduler) runTask(ctx context.Context, c *task) error {
	start := time.Now()
	var values [3]map[string]float64
	for _, side := range c.orders.next() {
		got, err := s.sample(ctx, s.sides[side], c.benchmark, strconv.Itoa(c.n)+"x", c.timeout)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			c.err = err
			return nil
		}
		if err := s.files.add(side, got); err != nil {
			return err
		}
		s.found.addUnits(got.units)
		values[side] = got.values
	}
	c.rounds = append(c.rounds, round{old: values[0], new: values[1], placebo: values[2]})
	c.cost = time.Since(start)
	if len(c.rounds) >= s.config.MinRounds {
		c.widths = c.series.widths(s.found.directions, s.config)
		c.finished = len(c.rounds) >= s.config.MaxRounds || narrow(c.widths, s.config.Width)
	}
	return nil
}

// failures returns the errors of the tasks.
func (s *scheduler) failures() error {
	var errs []error
	for _, c := range s.tasks {
		errs = append(errs, c.err)
	}
	return errors.Join(errs...)
}

// printProgress says how far the comparison is.
func (s *scheduler) printProgress(n int) {
	finished := 0
	var atMost time.Duration
	for _, c := range s.tasks {
		if c.finished || c.err != nil {
			finished++
		} else {
			atMost += c.cost * time.Duration(s.config.MaxRounds-len(c.rounds))
		}
	}
	s.progress.line("round %d: %d of %d benchmarks finished, %v elapsed, at most about %v left", n, finished, len(s.tasks),
		time.Since(s.start).Round(time.Second), max(0, min(atMost, s.left())).Round(time.Second))
}

// result judges the rounds so far.
func (s *scheduler) result() *Result {
	var all []series
	result := &Result{Elapsed: s.elapsed, OnlyOld: s.found.onlyOld, OnlyNew: s.found.onlyNew}
	for _, c := range s.tasks {
		result.Rounds = max(result.Rounds, len(c.rounds))
		if len(c.rounds) > 0 {
			all = append(all, c.series)
		}
	}
	result.Rows = judge(all, s.found.directions, s.config)
	fmt.Fprintf(s.config.Progress, "# %d rounds in %v\n", result.Rounds, s.elapsed.Round(time.Second))
	return result
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
