package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// search is one that all tests start from.
func search() Search {
	return Search{Start: 1000, MinRate: 100, MaxRate: 1e6, Trials: 40, Time: time.Hour}
}

func TestSharpEdge(t *testing.T) {
	for _, highest := range []float64{101, 150, 999, 1000, 1001, 2000, 12345, 500000} {
		got, err := search().Run(t.Context(), trials(sharp(highest), 1))
		if err != nil {
			t.Errorf("%v: %v", highest, err)
			continue
		}
		if math.Abs(got.Max/highest-1) > 0.03 || got.Low > highest*1.005 || got.High < highest/1.005 || got.High/got.Low > 1.15 {
			t.Errorf("highest rate %v: found %+v", highest, got)
		}
		if got.Trials > 40 || got.ByGenerator {
			t.Errorf("highest rate %v: %d trials, by the generator: %v", highest, got.Trials, got.ByGenerator)
		}
	}
}

// TestOrderOfTrials checks the bracket: doubling, then a trial inside it.
func TestOrderOfTrials(t *testing.T) {
	for _, c := range []struct {
		highest float64
		bracket []float64
	}{
		{5000, []float64{1000, 2000, 4000, 8000}},
		{300, []float64{1000, 500, 250}},
	} {
		var rates []float64
		_, err := search().Run(t.Context(), func(_ context.Context, rate float64) (Outcome, error) {
			rates = append(rates, rate)
			return outcome(rate <= c.highest), nil
		})
		n := len(c.bracket)
		if err != nil || len(rates) <= n || fmt.Sprint(rates[:n]) != fmt.Sprint(c.bracket) {
			t.Fatalf("highest rate %v: %v, trials at %.0f, want %v first", c.highest, err, rates, c.bracket)
		}
		low, high := min(rates[n-2], rates[n-1]), max(rates[n-2], rates[n-1])
		if rates[n] <= low || rates[n] >= high {
			t.Errorf("highest rate %v: after the bracket a trial at %.0f, want one between %.0f and %.0f", c.highest, rates[n], low, high)
		}
	}
}

func TestNeverAndAlways(t *testing.T) {
	for _, c := range []struct {
		highest float64
		want    error
		text    string
	}{
		{50, ErrNever, "the slo was kept at no rate: 7 trials down to 100/s"},
		{2e6, ErrAlways, "the slo was kept at every rate: 13 trials up to 1000000/s"},
	} {
		_, err := search().Run(t.Context(), trials(sharp(c.highest), 1))
		if !errors.Is(err, c.want) || err.Error() != c.text {
			t.Errorf("highest rate %v: %v, want %q", c.highest, err, c.text)
		}
	}
	_, err := search().Run(t.Context(), func(context.Context, float64) (Outcome, error) { return NotOffered, nil })
	if !errors.Is(err, ErrNotOffered) {
		t.Errorf("no rate can be offered: %v, want %v", err, ErrNotOffered)
	}
}

// TestGeneratorsLimit: a rate that cannot be offered bounds the search, and the result
// says so.
func TestGeneratorsLimit(t *testing.T) {
	for _, c := range []struct {
		highest, offered float64
		byGenerator      bool
	}{
		{math.Inf(1), 30000, true},
		{20000, 60000, false},
		{20000, 20000, true},
	} {
		limited := func(_ context.Context, rate float64) (Outcome, error) {
			if rate > c.offered {
				return NotOffered, nil
			}
			return outcome(rate <= c.highest), nil
		}
		got, err := search().Run(t.Context(), limited)
		if want := min(c.highest, c.offered); err != nil || math.Abs(got.Max/want-1) > 0.03 || got.ByGenerator != c.byGenerator {
			t.Errorf("highest rate %v, at most %v can be offered: found %+v, %v, want %v, by the generator: %v", c.highest, c.offered, got, err, want, c.byGenerator)
		}
	}
}

// TestFalseStart: a trial that fails, or succeeds, by mistake does not mislead the search.
func TestFalseStart(t *testing.T) {
	for mistake := range 8 {
		n := 0
		got, err := search().Run(t.Context(), func(_ context.Context, rate float64) (Outcome, error) {
			n++
			return outcome((rate <= 9000) != (n == mistake+1)), nil
		})
		if err != nil || math.Abs(got.Max/9000-1) > 0.1 || got.Low > 9000 || got.High < 9000 {
			t.Errorf("trial %d is wrong: found %+v, %v, want 9000", mistake+1, got, err)
		}
	}
}

// TestDisturbance: a machine that is busy with something else at the beginning, so that
// every trial fails, does not mislead the search either.
func TestDisturbance(t *testing.T) {
	for _, outcome := range []Outcome{Broken, NotOffered} {
		n := 0
		got, err := search().Run(t.Context(), func(_ context.Context, rate float64) (Outcome, error) {
			if n++; n <= 4 || rate > 9000 {
				return outcome, nil
			}
			return Kept, nil
		})
		if err != nil || math.Abs(got.Max/9000-1) > 0.1 || got.Low > 9000 || got.High < 9000 {
			t.Errorf("the first four trials fail with outcome %d: found %+v, %v, want 9000", outcome, got, err)
		}
	}
}

func TestTimeIsBounded(t *testing.T) {
	for _, c := range []struct {
		highest float64
		trials  int
		want    error
	}{
		{9000, 8, nil},
		{9000, 3, ErrAlways},
		{50, 2, ErrNever},
	} {
		now := time.Now()
		s := search()
		s.Time = time.Duration(c.trials)*time.Second - time.Millisecond
		s.now = func() time.Time { return now }
		n := 0
		got, err := s.Run(t.Context(), func(_ context.Context, rate float64) (Outcome, error) {
			n++
			now = now.Add(time.Second)
			return outcome(rate <= c.highest), nil
		})
		if !errors.Is(err, c.want) || n != c.trials || err == nil && (got.Trials != n || got.Low > c.highest || got.High < c.highest) {
			t.Errorf("%v for trials of a second: %d trials, %+v, %v, want %d trials and %v", s.Time, n, got, err, c.trials, c.want)
		}
	}
}

func TestErrorsEndTheSearch(t *testing.T) {
	broken := errors.New("broken")
	for _, at := range []int{1, 2, 10} {
		n := 0
		_, err := search().Run(t.Context(), func(_ context.Context, rate float64) (Outcome, error) {
			if n++; n == at {
				return Broken, broken
			}
			return outcome(rate < 5000), nil
		})
		if err != broken || n != at {
			t.Errorf("an error in trial %d: %v after %d trials", at, err, n)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	n := 0
	_, err := search().Run(ctx, func(_ context.Context, rate float64) (Outcome, error) {
		if n++; n == 6 {
			cancel(broken)
		}
		return outcome(rate < 5000), nil
	})
	if err != broken || n != 6 {
		t.Errorf("the context ended in trial 6: %v after %d trials", err, n)
	}
}

func TestMistakesInASearch(t *testing.T) {
	for name, change := range map[string]func(*Search){
		"start 0":             func(s *Search) { s.Start = 0 },
		"start NaN":           func(s *Search) { s.Start = math.NaN() },
		"MinRate 0":           func(s *Search) { s.MinRate = 0 },
		"MinRate above start": func(s *Search) { s.MinRate = 2000 },
		"MaxRate below start": func(s *Search) { s.MaxRate = 500 },
		"MaxRate infinite":    func(s *Search) { s.MaxRate = math.Inf(1) },
		"no trials":           func(s *Search) { s.Trials = 0 },
		"no time":             func(s *Search) { s.Time = 0 },
	} {
		s := search()
		change(&s)
		_, err := s.Run(t.Context(), func(context.Context, float64) (Outcome, error) {
			t.Errorf("%s: a trial began", name)
			return Kept, nil
		})
		if err == nil || !strings.Contains(err.Error(), "want positive numbers and a start between the limits") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
