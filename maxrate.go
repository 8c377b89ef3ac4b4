package echobench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/internal/stats/paired"
	"github.com/echobench/echobench/internal/stats/search"
	"github.com/echobench/echobench/payload"
)

// A MaxRate finds the highest rate at which each cell of a Suite keeps a service level
// objective: the rate at which half of the trials of about a second keep it, with its 95%
// interval. An iteration of its benchmarks is a search. As a search takes longer than the
// usual -benchtime, there is one for each -count. The line of a benchmark has max-ops/s,
// max-low-ops/s and max-high-ops/s, and nothing else. After several iterations, as with
// -benchtime 3x, each of the three is the median over the searches. A cell fails if no
// rate keeps its SLO, or if every rate that can be offered does.
type MaxRate struct {
	// Suite says what is measured. Its Sizes are 64B by default, and its Parallelism is
	// 50. It cannot have Rates, Overload, Counters, Histograms or Profiles, and its
	// Metrics have no effect.
	Suite Suite

	// SLOs are the objectives: one or more. They become a part of the cell's name.
	SLOs []SLO

	// Time is how long each search may take; 0 means 75 seconds. The last trial may
	// exceed it. With less time the intervals are wider.
	Time time.Duration
}

// Run runs the searches as sub-benchmarks of b. Mistakes, errors in a cell, interrupts
// and the rules of the contract are treated as in [Suite.Run].
func (m MaxRate) Run(b *testing.B) {
	b.Helper()
	m.setDefaults()
	s := &m.Suite
	variants := s.variants()
	serveChild(b, variants)
	if err := errors.Join(m.check(variants), s.Server.checkName(b.Name())); err != nil {
		b.Fatalf("echobench: %v", err)
	}
	ctx, end := s.begin(b)
	defer end()
	units.PrintMaxRate()
	s.printSettings(variants, true)
	template := s.template(b.Name())
	template.Overload = true // a refusal breaks an SLO, and not the benchmark
	available := s.available(b, variants)
	template.Findings = sample.NewFindings(available)
	runCells(ctx, b, s.Pin, m.cells(available, template))
}

func (m *MaxRate) setDefaults() {
	if m.Suite.Sizes == nil {
		m.Suite.Sizes = []payload.Size{64}
	}
	if m.Suite.Parallelism == nil {
		m.Suite.Parallelism = []int{50}
	}
	m.Suite.setDefaults()
	m.Time = cmp.Or(m.Time, searchTime)
}

// check returns the first mistake that can be found before anything starts.
func (m *MaxRate) check(variants []echo.Variant) error {
	s := &m.Suite
	if s.Rates != nil || s.Overload || s.Counters || s.Histograms != "" || s.Profiles.Folder != "" {
		return errors.New("slos with rates, overload, counters, histograms or profiles: a search for the highest rate has none of them")
	}
	if err := cmp.Or(s.checkGrid(variants), s.Arrivals.check(), s.checkVariants(variants)); err != nil {
		return err
	}
	for _, v := range variants {
		if err := checkSingle(v); err != nil {
			return err
		}
	}
	if m.Time < 0 {
		return fmt.Errorf("search time %v: want a positive duration, or 0 for %v", m.Time, searchTime)
	}
	return errors.Join(checkSLOs(m.SLOs), m.checkSearches(testFlag("benchtime")))
}

// maxSearches is the largest number of iterations that -benchtime may ask for. A number
// that is meant for the echoes of a Suite would make a MaxRate search for days.
const maxSearches = 100

// checkSearches returns an error if benchtime, the value of -benchtime, is a number of
// iterations for which the searches would take too long.
func (m *MaxRate) checkSearches(benchtime string) error {
	number, iterations := strings.CutSuffix(benchtime, "x")
	if n, err := strconv.Atoi(number); iterations && err == nil && n > maxSearches {
		return fmt.Errorf("-benchtime %s: an iteration is a search, which may take %v: want at most %dx", benchtime, m.Time, maxSearches)
	}
	return nil
}

// cells returns every search, in the order in which they run.
func (m *MaxRate) cells(variants []echo.Variant, template cell) (cells []*maxRun) {
	for _, c := range m.Suite.grid(template) {
		for _, o := range m.SLOs {
			for _, v := range variants {
				run := &maxRun{cell: c.withVariant(v), slo: o, time: m.Time}
				run.axes += fmt.Sprintf("/slo=%v", o)
				cells = append(cells, run)
			}
		}
	}
	return cells
}

const (
	// searchTime is how long a search takes at most, by default, and searchTrials is
	// its largest number of trials. A search that is cut short has a wider interval.
	searchTime   = 75 * time.Second
	searchTrials = 40

	// trialTime is how long a trial lasts, besides opening the sample and the lead-in,
	// unless that is too short for the percentile. minTrialTime is its lower limit if
	// the search is to be short, and maxTrialTime is what it may take to have enough
	// requests for the percentile.
	trialTime    = time.Second
	minTrialTime = 120 * time.Millisecond
	maxTrialTime = 10 * time.Second

	// minArrivals is how many arrivals a trial has at least. A percentile may need
	// more.
	minArrivals = 100
)

// A maxRun is a cell that searches for the highest rate at which it keeps an SLO. An
// iteration is a search.
//
// Each trial has a sample of its own, so that the differences between servers show in the
// width of the interval.
type maxRun struct {
	cell
	slo    SLO
	time   time.Duration // that a search may take
	last   lastTrial
	remark string // how long the last search took
}

// A lastTrial is what the last trial has measured.
type lastTrial struct {
	rate       float64
	percentile time.Duration
}

// measure implements benchmark. The figures are the medians of all searches.
func (r *maxRun) measure(ctx context.Context, b *testing.B) error {
	var highest, low, high []float64
	for b.Loop() {
		found, err := r.search(ctx)
		if err != nil {
			return err
		}
		highest, low, high = append(highest, found.Max), append(low, found.Low), append(high, found.High)
	}
	b.ReportMetric(0, "ns/op") // removes it
	b.ReportMetric(paired.Median(highest), "max-ops/s")
	b.ReportMetric(paired.Median(low), "max-low-ops/s")
	b.ReportMetric(paired.Median(high), "max-high-ops/s")
	return nil
}

// close implements benchmark. A search leaves nothing open.
func (r *maxRun) close() (remark string, lines []string, err error) { return r.remark, nil, nil }

// search searches for the highest rate.
func (r *maxRun) search(ctx context.Context) (found search.Result, err error) {
	r.remark = ""
	start := time.Now()
	s, err := r.bounds(ctx)
	if err != nil {
		return found, err
	}
	found, err = s.Run(ctx, r.trial)
	switch {
	case ctx.Err() != nil:
		return found, context.Cause(ctx)
	case errors.Is(err, search.ErrNever), errors.Is(err, search.ErrAlways), errors.Is(err, search.ErrNotOffered):
		return found, fmt.Errorf("%w; in the last one, %s was %v", err, r.slo.percentile(), r.last.percentile.Round(time.Microsecond))
	case err != nil:
		return found, fmt.Errorf("at %.0f requests a second: %w", r.last.rate, err)
	case found.ByGenerator:
		return found, fmt.Errorf("the slo was kept up to about %.0f/s, and at higher rates the load generator could not keep up, so that the highest rate of the system is not known (stop other processes, or use more processors)", found.Max)
	}
	r.remark = fmt.Sprintf("%d trials in %v", found.Trials, time.Since(start).Round(time.Second))
	return found, nil
}

// bounds measures what the workers make in a closed loop, and returns a search around
// it. They cannot make many more in an open loop.
func (r *maxRun) bounds(ctx context.Context) (s search.Search, err error) {
	var capacity float64
	err = sample.With(ctx, r.Config, func(s *sample.Sample) error {
		capacity, err = s.Capacity()
		return err
	})
	if err != nil {
		return s, err
	}
	s = search.Search{
		Start: capacity / 4, MinRate: float64(r.slo.arrivals()) / maxTrialTime.Seconds(), MaxRate: 4 * capacity,
		Trials: searchTrials, Time: r.time,
	}
	if s.MinRate > capacity {
		return s, fmt.Errorf("a closed loop makes %.0f echoes a second: too few to measure %s in %v", capacity, r.slo.percentile(), maxTrialTime)
	}
	s.Start = max(s.Start, s.MinRate)
	return s, nil
}

// trial implements [search.Trial].
func (r *maxRun) trial(ctx context.Context, rate float64) (outcome search.Outcome, err error) {
	r.last = lastTrial{rate: rate}
	err = sample.With(ctx, r.Config, func(s *sample.Sample) error {
		result, err := s.Offer(rate, r.arrivalsAt(rate))
		if err != nil {
			return err
		}
		outcome, r.last.percentile = r.slo.judge(result)
		return nil
	})
	return outcome, err
}

// arrivalsAt returns how many arrivals a trial at the rate has.
func (r *maxRun) arrivalsAt(rate float64) int {
	seconds := trialTime.Seconds() * min(1, r.time.Seconds()/searchTime.Seconds())
	seconds = max(seconds, minTrialTime.Seconds())
	return max(int(math.Ceil(rate*seconds)), r.slo.arrivals())
}
