package svg

import (
	"cmp"
	"slices"
)

// Bars is a plot of horizontal bars, each a sum of parts.
type Bars struct {
	Title string
	X     Axis // Linear
	Parts []string
	Rows  []Bar
}

// A Bar is a row. Its Values are those of the parts. A row without values is a heading.
type Bar struct {
	Name   string
	Style  int // of a bar with one part
	Values []float64
	Text   string // at the end of the bar
	Tips   []string
}

const (
	barHeight = 15
	maxName   = 92
)

// Draw returns the plot, or "" if there is nothing that it can show.
func (p Bars) Draw() string {
	var values []float64
	name, text := 0.0, 0.0
	for _, row := range p.Rows {
		sum := 0.0
		for _, v := range row.Values {
			if !p.X.can(v) || v < 0 {
				return ""
			}
			sum += v
		}
		if row.Values != nil {
			values = append(values, sum)
			name, text = max(name, textWidth(row.Name, textSize)), max(text, textWidth(row.Text, textSize))
		}
	}
	if len(values) == 0 || slices.Max(values) == 0 {
		return ""
	}
	p.X.fit(values)
	top := 24.0
	if len(p.Parts) > 1 {
		top = legendBottom(p.Parts)
	}
	f := frame{left: min(name, maxName) + 12, right: Width - text - 12, top: top, bottom: top + barHeight*float64(len(p.Rows)) + 4, x: &p.X, y: &Axis{}}
	var c canvas
	c.heading(p.Title, "")
	if len(p.Parts) > 1 {
		c.legend(p.Parts)
	}
	for i, row := range p.Rows {
		c.bar(f, row, f.top+barHeight*float64(i)+2, len(p.Parts))
	}
	c.xAxis(f)
	return c.finish(p.Title+": "+p.X.Label, f.bottom+34)
}

// bar draws a row.
func (c *canvas) bar(f frame, row Bar, y float64, parts int) {
	if row.Values == nil {
		c.text("strong", start, 4, y+11, clip(row.Name, Width-8, textSize))
		return
	}
	c.b.WriteString("<g>" + title(row.Name))
	c.text("name", end, f.left-5, y+11, clipMiddle(row.Name, maxName, textSize))
	c.b.WriteString("</g>")
	sum := 0.0
	for i, v := range row.Values {
		from := f.left + f.x.at(sum)*(f.right-f.left)
		sum += v
		to := f.left + f.x.at(sum)*(f.right-f.left)
		style := i
		if parts < 2 {
			style = row.Style
		}
		if to > from {
			c.rect("bar "+Class(style), from, y+2, to-from, barHeight-4, row.Tips[i])
		}
	}
	c.text("name", start, f.left+f.x.at(sum)*(f.right-f.left)+4, y+11, row.Text)
}

// A place is where a part's name is in the legend.
type place struct{ x, y float64 }

// legendPlaces returns a place for each part, in as many lines as are needed.
func legendPlaces(parts []string) (places []place) {
	at := place{4, 31}
	for _, part := range parts {
		width := 14 + textWidth(part, textSize) + 8
		if at.x > 4 && at.x+width > Width {
			at = place{4, at.y + 14}
		}
		places = append(places, at)
		at.x += width
	}
	return places
}

func legendBottom(parts []string) float64 {
	return slices.MaxFunc(legendPlaces(parts), func(a, b place) int { return cmp.Compare(a.y, b.y) }).y + 6
}

func (c *canvas) legend(parts []string) {
	for i, at := range legendPlaces(parts) {
		c.rect("bar "+Class(i), at.x, at.y-9, 10, 10, "")
		c.text("name", start, at.x+14, at.y, parts[i])
	}
}
