package svg

import (
	"math"
	"slices"
	"strconv"

	"github.com/echobench/echobench/internal/measure/cells"
)

// A Scale says how values are spread over an axis.
type Scale int

// The scales.
const (
	Linear     Scale = iota // from 0
	Log                     // positive values only
	Percentile              // values p from 0 to below 1, spread as log(1/(1-p))
)

// An Axis is one of the two axes of a plot.
type Axis struct {
	Label string // what it shows
	Unit  string // of the values, as benchstat names it; empty for plain numbers
	Scale Scale
	Ticks []float64 // where to put ticks, if the values are few
	Names []string  // of the values 0, 1, 2 and so on, if they are not numbers

	min, max float64
	ticks    []float64
}

// can reports whether the axis can show a value.
func (a *Axis) can(v float64) bool {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return false
	case a.Scale == Log:
		return v > 0
	case a.Scale == Percentile:
		return v >= 0 && v < 1
	}
	return true
}

// spread returns the value as it is spread over the axis.
func (a *Axis) spread(v float64) float64 {
	switch a.Scale {
	case Log:
		return math.Log10(v)
	case Percentile:
		return -math.Log10(1 - v)
	}
	return v
}

// minRatio is how many times its smallest value the largest value of a Log axis is, at
// least.
const minRatio = 1.1

// fit makes the axis reach over the values, all of which it can show.
func (a *Axis) fit(values []float64) {
	a.min, a.max = slices.Min(values), slices.Max(values)
	switch a.Scale {
	case Linear:
		if a.Names != nil {
			a.min, a.max = 0, float64(len(a.Names)-1)
		}
		a.min, a.max = min(0, a.min), max(0, a.max)
		if a.min == a.max {
			a.max = a.min + 1
		}
	case Log:
		if a.max/a.min < minRatio {
			a.min, a.max = a.min/minRatio, a.max*minRatio
		}
	case Percentile:
		a.min = 0
		a.max = max(a.max, 0.9)
	}
	a.setTicks()
	if len(a.Ticks) == 0 && a.Scale != Percentile && len(a.ticks) > 0 {
		a.min, a.max = min(a.min, a.ticks[0]), max(a.max, a.ticks[len(a.ticks)-1])
	}
}

// at returns where a value is: 0 at the beginning of the axis, 1 at its end.
func (a *Axis) at(v float64) float64 {
	low, high := a.spread(a.min), a.spread(a.max)
	return min(1, max(0, (a.spread(v)-low)/(high-low)))
}

// minTicks is the number of ticks below which a finer division is taken.
const minTicks = 3

func (a *Axis) setTicks() {
	switch {
	case a.Names != nil:
		for i := range a.Names {
			a.ticks = append(a.ticks, float64(i))
		}
	case len(a.Ticks) > 0:
		a.ticks = slices.Clone(a.Ticks)
		slices.Sort(a.ticks)
		a.ticks = slices.Compact(a.ticks)
	case a.Scale == Percentile:
		a.ticks = []float64{0.5}
		for p := 0.1; 1-p <= a.max+1e-12 && p > 1e-9; p /= 10 {
			a.ticks = append(a.ticks, 1-p)
		}
	case a.Scale == Log:
		if a.ticks = logTicks(a.min, a.max, 1); len(a.ticks) < minTicks {
			a.ticks = logTicks(a.min, a.max, 1, 2, 5)
		}
		if len(a.ticks) < minTicks {
			a.ticks = linearTicks(a.min, a.max)
		}
	default:
		a.ticks = linearTicks(a.min, a.max)
	}
}

// logTicks returns the products of the digits and powers of ten from min to max.
func logTicks(min, max float64, digits ...float64) (ticks []float64) {
	for e := math.Floor(math.Log10(min)); e <= math.Ceil(math.Log10(max)); e++ {
		for _, d := range digits {
			if v := d * math.Pow(10, e); v >= min*0.999 && v <= max*1.001 {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// linearTicks returns about five round values from min to max.
func linearTicks(min, max float64) (ticks []float64) {
	raw := (max - min) / 4
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, d := range []float64{1, 2, 2.5, 5} {
		if d*power >= raw*0.999 {
			step = d * power
			break
		}
	}
	for i := math.Ceil(min/step - 1e-9); i*step <= max*(1+1e-9); i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}

// text returns the label of a tick.
func (a *Axis) text(v float64) string {
	switch {
	case a.Names != nil:
		return clip(a.Names[int(v)], maxName, textSize)
	case a.Scale == Percentile:
		return strconv.FormatFloat(math.Round(v*1e10)/1e8, 'f', -1, 64) + "%"
	case a.Unit == "":
		return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
	case a.Unit == "×":
		return strconv.FormatFloat(math.Round(v*1e3)/1e3, 'f', -1, 64) + "×"
	}
	return tickText(v, a.Unit)
}

// tickText is cells.Format with a third digit where the value has one.
func tickText(v float64, unit string) string {
	text := cells.Format(v, unit)
	if finer := cells.FormatDigits(v, unit, 3); len(finer) <= len(text)+1 {
		return finer
	}
	return text
}
