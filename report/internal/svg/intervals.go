package svg

// Intervals is a plot of values with their intervals, one below the other, each under its
// name. It suits values whose names are long.
type Intervals struct {
	Title string
	X     Axis
	Rows  []Interval
	One   bool // draw a line at 1, and give ratios the same room on both sides of it
}

// An Interval is a value with its interval, and a second one below it for comparison.
type Interval struct {
	Name, Remark string // the remark is at the right end
	Style        int
	Value        Span
	Second       *Span
}

// A Span is a value between two limits, which are equal to it if they are not known.
type Span struct {
	Value, Low, High float64
	Tip              string
}

const (
	intervalHeight = 30 // of a row
	secondHeight   = 10 // of a row's second interval
)

// Draw returns the plot, or "" if there is nothing that it can show.
func (p Intervals) Draw() string {
	rows, values := p.visible()
	if len(rows) == 0 {
		return ""
	}
	p.X.fit(values)
	height := 36.0
	for _, row := range rows {
		height += row.height()
	}
	f := frame{left: 8, right: Width - 10, top: 24, bottom: height - 16, x: &p.X, y: &Axis{}}
	var c canvas
	c.heading(p.Title, "")
	for _, v := range p.X.ticks {
		x := f.left + p.X.at(v)*(f.right-f.left)
		c.line("grid", x, f.top, x, f.bottom)
	}
	if p.One {
		x := f.left + p.X.at(1)*(f.right-f.left)
		c.line("one", x, f.top, x, f.bottom)
	}
	y := f.top
	for _, row := range rows {
		c.interval(f, row, y)
		y += row.height()
	}
	c.xAxis(f)
	return c.finish(p.Title+": "+p.X.Label, height+24)
}

// visible returns the rows that the axis can show, and the values that it must reach over.
func (p Intervals) visible() (rows []Interval, values []float64) {
	for _, row := range p.Rows {
		if !p.X.can(row.Value.Value) {
			continue
		}
		values = append(values, row.Value.reach(&p.X)...)
		if row.Second != nil && p.X.can(row.Second.Value) {
			values = append(values, row.Second.reach(&p.X)...)
		} else {
			row.Second = nil
		}
		rows = append(rows, row)
	}
	if p.One {
		values = append(values, 1)
		for _, v := range values {
			values = append(values, 1/v)
		}
	}
	return rows, values
}

func (r Interval) height() float64 {
	if r.Second != nil {
		return intervalHeight + secondHeight
	}
	return intervalHeight
}

// maxReach limits how far an interval reaches from its value, as a factor, so that one wide
// interval does not flatten a plot.
const maxReach = 4

// reach returns the values of the span that the axis must reach over.
func (s Span) reach(a *Axis) []float64 {
	values := []float64{s.Value}
	for _, v := range []float64{max(s.Low, s.Value/maxReach), min(s.High, s.Value*maxReach)} {
		if a.can(v) && s.Value > 0 {
			values = append(values, v)
		}
	}
	return values
}

// interval draws a row at y.
func (c *canvas) interval(f frame, row Interval, y float64) {
	remark := textWidth(row.Remark, textSize)
	c.b.WriteString("<g>" + title(row.Name))
	c.text("name", start, f.left, y+12, clipMiddle(row.Name, f.right-f.left-remark-8, textSize))
	c.b.WriteString("</g>")
	c.text("strong", end, f.right, y+12, row.Remark)
	c.span(f, Class(row.Style), row.Style, row.Value, y+20)
	if row.Second != nil {
		c.span(f, Class(5), 11, *row.Second, y+20+secondHeight)
	}
}

// span draws a value and its interval.
func (c *canvas) span(f frame, class string, style int, s Span, y float64) {
	x := func(v float64) float64 {
		if !f.x.can(v) {
			v = s.Value
		}
		return f.left + f.x.at(v)*(f.right-f.left)
	}
	low, high := x(s.Low), x(s.High)
	if s.Low < s.High && low < high {
		c.line("span "+class, low, y, high, y)
		c.line("span "+class, low, y-3, low, y+3)
		c.line("span "+class, high, y-3, high, y+3)
	}
	c.marker(style, x(s.Value), y, s.Tip)
}
