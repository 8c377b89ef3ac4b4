package svg

import (
	"cmp"
	"math"
	"slices"
)

// Lines is a plot of series over two axes, each with its name beside it.
type Lines struct {
	Title  string
	X, Y   Axis
	Series []Series
}

// A Series is a line.
type Series struct {
	Name   string
	Style  int     // 0 to 11
	Points []Point // in the order of X
	Marked bool    // each point has a marker

	// Samples are thin lines, one for each sample.
	Samples [][]Point

	// Few is the X from which the line rests on too few values; 0 means none. The line is
	// dotted from there, and FewTip explains it.
	Few    float64
	FewTip string

	// Crosses are values of X that have no Y, because they could not be measured. They are
	// drawn at the top.
	Crosses []Point
}

// A Point is a value with its interval.
type Point struct {
	X, Y      float64
	Low, High float64 // equal to Y, or 0, if there is no interval
	Tip       string
}

const (
	linesHeight = 250
	labelSpace  = 11.5 // between labels
	maxLabel    = 86   // the width of the labels, at most
)

// Draw returns the plot, or "" if there is nothing that it can show.
func (l Lines) Draw() string {
	var xs, ys []float64
	for i := range l.Series {
		l.Series[i] = l.visible(l.Series[i])
		x, y := l.Series[i].extent(&l.Y)
		xs, ys = append(xs, x...), append(ys, y...)
	}
	if len(ys) == 0 {
		return ""
	}
	l.X.fit(xs)
	l.Y.fit(ys)
	width, left := 0.0, 0.0
	for _, s := range l.Series {
		width = max(width, textWidth(s.Name, textSize))
	}
	for _, v := range l.Y.ticks {
		left = max(left, textWidth(l.Y.text(v), textSize))
	}
	width = min(width, maxLabel)
	f := frame{left: left + 8, top: 42, right: Width - width - 22, bottom: linesHeight - 36, x: &l.X, y: &l.Y}
	var c canvas
	c.heading(l.Title, l.Y.Label)
	c.yAxis(f)
	c.xAxis(f)
	for _, s := range l.Series {
		c.background(f, s)
	}
	for _, s := range l.Series {
		c.series(f, s)
	}
	c.labels(f, l.Series, width)
	return c.finish(l.Title+": "+l.Y.Label+" against "+l.X.Label, linesHeight)
}

// visible returns the series without what the axes can't show.
func (l *Lines) visible(s Series) Series {
	cannot := func(p Point) bool { return !l.X.can(p.X) || !l.Y.can(p.Y) }
	s.Points = slices.DeleteFunc(slices.Clone(s.Points), cannot)
	for i, p := range s.Points {
		if !l.Y.can(p.Low) || !l.Y.can(p.High) || p.High < p.Low || p.Low == 0 && p.High == 0 {
			s.Points[i].Low, s.Points[i].High = p.Y, p.Y
		}
	}
	samples := s.Samples
	s.Samples = nil
	for _, sample := range samples {
		s.Samples = append(s.Samples, slices.DeleteFunc(slices.Clone(sample), cannot))
	}
	s.Crosses = slices.DeleteFunc(slices.Clone(s.Crosses), func(p Point) bool { return !l.X.can(p.X) })
	return s
}

// extent returns the values that the axes must reach over. Intervals reach over at most ten
// times the lines, so that one wide interval does not flatten a plot.
func (s Series) extent(y *Axis) (xs, ys []float64) {
	for _, p := range s.Points {
		xs = append(xs, p.X)
		ys = append(ys, p.Y)
		if low, high := max(p.Low, p.Y/10), min(p.High, p.Y*10); y.can(low) && y.can(high) {
			ys = append(ys, low, high)
		}
	}
	for _, sample := range s.Samples {
		for _, p := range sample {
			xs, ys = append(xs, p.X), append(ys, p.Y)
		}
	}
	if len(ys) > 0 {
		for _, p := range s.Crosses {
			xs = append(xs, p.X)
		}
	}
	return xs, ys
}

// background draws the band and the samples of a series.
func (c *canvas) background(f frame, s Series) {
	var low, high []position
	for _, p := range s.Points {
		low, high = append(low, f.at(p.X, p.Low)), append(high, f.at(p.X, p.High))
	}
	slices.Reverse(high)
	if area := slices.Concat(low, high); len(low) > 1 && slices.ContainsFunc(s.Points, func(p Point) bool { return p.Low != p.High }) {
		c.path("band "+Class(s.Style), area, true)
	}
	for _, sample := range s.Samples {
		if len(sample) > 1 {
			c.path("thin "+Class(s.Style), positions(f, sample), false)
		}
	}
}

func positions(f frame, points []Point) (list []position) {
	for _, p := range points {
		list = append(list, f.at(p.X, p.Y))
	}
	return list
}

// series draws the line and the markers of a series.
func (c *canvas) series(f frame, s Series) {
	enough := len(s.Points)
	if s.Few > 0 {
		enough = slices.IndexFunc(s.Points, func(p Point) bool { return p.X > s.Few })
		if enough < 0 {
			enough = len(s.Points)
		}
	}
	if enough > 1 {
		c.path("curve "+Class(s.Style), positions(f, s.Points[:enough]), false)
	}
	if rest := s.Points[max(0, enough-1):]; enough < len(s.Points) && len(rest) > 1 {
		c.path("few "+Class(s.Style), positions(f, rest), false)
	}
	if s.Few > 0 && enough > 0 && enough < len(s.Points) {
		p := f.at(s.Points[enough-1].X, s.Points[enough-1].Y)
		c.marker(s.Style, p.x, p.y, s.FewTip)
	}
	if s.Marked || len(s.Points) == 1 {
		for _, p := range s.Points {
			at := f.at(p.X, p.Y)
			c.marker(s.Style, at.x, at.y, p.Tip)
		}
	}
	for _, p := range s.Crosses {
		// Each series has a height of its own, so that crosses at one rate are all seen.
		x, y := f.at(p.X, f.y.max).x, f.top+9*float64(s.Style)
		c.b.WriteString("<g>" + title(p.Tip))
		c.line("cross "+Class(s.Style), x-3.5, y-3.5, x+3.5, y+3.5)
		c.line("cross "+Class(s.Style), x-3.5, y+3.5, x+3.5, y-3.5)
		c.b.WriteString("</g>")
	}
}

// A label is the name of a series beside the end of its line.
type label struct {
	series Series
	from   position
	y      float64
}

// labels writes the names of the series to the right of the frame, far enough from each
// other, with a line from the end of each series.
func (c *canvas) labels(f frame, all []Series, width float64) {
	var list []label
	for _, s := range all {
		if len(s.Points) > 0 {
			last := s.Points[len(s.Points)-1]
			p := f.at(last.X, last.Y)
			list = append(list, label{s, p, p.y})
		}
	}
	slices.SortStableFunc(list, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	moveApart(list, f.top-10, f.bottom+10)
	for _, l := range list {
		x := f.right + 18
		c.line("lead "+Class(l.series.Style), l.from.x+4, l.from.y, x-8, l.y)
		c.marker(l.series.Style, x-5, l.y, "")
		c.b.WriteString("<g>" + title(l.series.Name))
		c.text("name", start, x+2, l.y+3.5, clipMiddle(l.series.Name, width+1, textSize))
		c.b.WriteString("</g>")
	}
}

// moveApart changes the positions of labels, which are sorted, so that none overlap and all
// are within the limits if there is room.
func moveApart(list []label, top, bottom float64) {
	space := labelSpace
	if n := float64(len(list) - 1); n > 0 {
		space = min(space, math.Max((bottom-top)/n, 8))
	}
	for i := range list {
		list[i].y = max(list[i].y, top+float64(i)*space)
		if i > 0 {
			list[i].y = max(list[i].y, list[i-1].y+space)
		}
	}
	limit := bottom
	for i := len(list) - 1; i >= 0; i-- {
		list[i].y = min(list[i].y, limit)
		limit = list[i].y - space
	}
}
