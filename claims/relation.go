package claims

import (
	"fmt"
	"math"
	"strings"
)

// A Relation is a number that is computed from the figures of one round. All relations are
// positive, and a value of 1 separates the two directions.
type Relation interface {
	// Figures returns the figures of which Value is a function.
	Figures() []Figure

	// Value returns the relation's value. It is not a number if it cannot be computed.
	Value(figure func(Figure) float64) float64

	// String describes the value.
	String() string
}

// A Ratio is the product of the figures in Over, divided by that of the figures in Under.
type Ratio struct{ Over, Under []Figure }

// Figures implements Relation.
func (r Ratio) Figures() []Figure { return append(append([]Figure(nil), r.Over...), r.Under...) }

// Value implements Relation.
func (r Ratio) Value(figure func(Figure) float64) float64 {
	value := 1.0
	for _, f := range r.Over {
		value *= figure(f)
	}
	for _, f := range r.Under {
		value /= figure(f)
	}
	return value
}

func (r Ratio) String() string {
	if len(r.Under) == 0 {
		return join(r.Over)
	}
	return join(r.Over) + " / " + join(r.Under)
}

// A Jump says how much more the figures grow in one step than in any other: the ratio of
// Of[At] to Of[At-1], divided by the largest ratio of two other neighbours. It is above 1
// if the figures have a knee or a step there.
type Jump struct {
	Of []Ratio
	At int
}

// Figures implements Relation.
func (j Jump) Figures() []Figure { return figuresOf(j.Of) }

// Value implements Relation.
func (j Jump) Value(figure func(Figure) float64) float64 {
	others := 0.0
	for i := 1; i < len(j.Of); i++ {
		if i != j.At {
			others = math.Max(others, j.Of[i].Value(figure)/j.Of[i-1].Value(figure))
		}
	}
	return j.Of[j.At].Value(figure) / j.Of[j.At-1].Value(figure) / others
}

func (j Jump) String() string {
	return fmt.Sprintf("growth from (%s) to (%s) / largest growth of another step", j.Of[j.At-1], j.Of[j.At])
}

// A Slope says by which factor the figures grow when X grows ten times: 10 if they are
// proportional to X, and 1 if they do not depend on it. The slope is that of the straight line
// with the least squares through the logarithms.
type Slope struct {
	Of []Ratio
	X  []float64 // of each ratio
}

// Figures implements Relation.
func (s Slope) Figures() []Figure { return figuresOf(s.Of) }

// Value implements Relation.
func (s Slope) Value(figure func(Figure) float64) float64 {
	var sx, sy, sxx, sxy float64
	for i, r := range s.Of {
		x, y := math.Log10(s.X[i]), math.Log10(r.Value(figure))
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	n := float64(len(s.Of))
	return math.Pow(10, (n*sxy-sx*sy)/(n*sxx-sx*sx))
}

func (s Slope) String() string {
	return fmt.Sprintf("growth for ten times as many, from (%s) to (%s)", s.Of[0], s.Of[len(s.Of)-1])
}

// Monotone is the smallest ratio of a value to the one before it. It is above 1 if every
// value is larger than the one before it.
type Monotone struct{ Of []Ratio }

// Figures implements Relation.
func (m Monotone) Figures() []Figure { return figuresOf(m.Of) }

// Value implements Relation.
func (m Monotone) Value(figure func(Figure) float64) float64 {
	smallest := math.Inf(1)
	for i := 1; i < len(m.Of); i++ {
		smallest = math.Min(smallest, m.Of[i].Value(figure)/m.Of[i-1].Value(figure))
	}
	return smallest
}

func (m Monotone) String() string { return "smallest step of " + list(m.Of, " < ") }

// Extreme is the largest of several values, or the smallest.
type Extreme struct {
	Of      []Ratio
	Largest bool
}

// Figures implements Relation.
func (e Extreme) Figures() []Figure { return figuresOf(e.Of) }

// Value implements Relation.
func (e Extreme) Value(figure func(Figure) float64) float64 {
	extreme := e.Of[0].Value(figure)
	for _, r := range e.Of[1:] {
		if e.Largest {
			extreme = math.Max(extreme, r.Value(figure))
		} else {
			extreme = math.Min(extreme, r.Value(figure))
		}
	}
	return extreme
}

func (e Extreme) String() string {
	if e.Largest {
		return "largest of " + list(e.Of, "; ")
	}
	return "smallest of " + list(e.Of, "; ")
}

// list describes ratios by the first and the last.
func list(ratios []Ratio, separator string) string {
	first, last := ratios[0].String(), ratios[len(ratios)-1].String()
	if len(ratios) == 2 {
		return first + separator + last
	}
	return fmt.Sprintf("%s%s... %d in all ...%s%s", first, separator, len(ratios), separator, last)
}

// figuresOf returns the figures of several ratios.
func figuresOf(ratios []Ratio) (figures []Figure) {
	for _, r := range ratios {
		figures = append(figures, r.Figures()...)
	}
	return figures
}

// join describes figures that are multiplied.
func join(figures []Figure) string {
	names := make([]string, len(figures))
	for i, f := range figures {
		names[i] = describe(f)
	}
	return strings.Join(names, " × ")
}

// describe returns the unit and the row of a figure, without what all rows have in common.
func describe(f Figure) string {
	return f.Unit + " of " + strings.TrimPrefix(f.Row, "Echo/proto=")
}
