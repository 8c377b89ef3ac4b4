package svg

// A frame is the area of a plot between its axes.
type frame struct {
	left, top, right, bottom float64
	x, y                     *Axis
}

func (f frame) at(x, y float64) position {
	return position{f.left + f.x.at(x)*(f.right-f.left), f.bottom - f.y.at(y)*(f.bottom-f.top)}
}

// heading writes the plot's title and, below it, what the vertical axis shows.
func (c *canvas) heading(name, label string) {
	c.text("title", start, 4, 14, clip(name, Width-8, titleSize))
	if label != "" {
		c.text("faint", start, 4, 29, clip(label, Width-8, textSize))
	}
}

// yAxis draws the vertical axis with its grid.
func (c *canvas) yAxis(f frame) {
	last := f.bottom + 2*textSize
	for _, v := range f.y.ticks {
		p := f.at(f.x.min, v)
		c.line("grid", f.left, p.y, f.right, p.y)
		if last-p.y > textSize+2 {
			c.text("faint", end, f.left-5, p.y+3.5, f.y.text(v))
			last = p.y
		}
	}
}

// xAxis draws the horizontal axis. Labels that would overlap are left out.
func (c *canvas) xAxis(f frame) {
	c.line("axis", f.left, f.bottom, f.right, f.bottom)
	free := -1.0
	for i, v := range f.x.ticks {
		x := f.left + f.x.at(v)*(f.right-f.left)
		c.line("axis", x, f.bottom, x, f.bottom+4)
		text := f.x.text(v)
		half := textWidth(text, textSize) / 2
		last := i == len(f.x.ticks)-1
		if x-half < free || x+half > Width || !last && overlapsLast(f, text, x) {
			continue
		}
		c.text("faint", middle, x, f.bottom+15, text)
		free = x + half + 3
	}
	c.text("faint", middle, (f.left+f.right)/2, f.bottom+29, clip(f.x.Label, Width-f.left, textSize))
}

// overlapsLast reports whether the label at x would overlap that of the last tick, which is
// always shown.
func overlapsLast(f frame, text string, x float64) bool {
	last := f.x.ticks[len(f.x.ticks)-1]
	lastText := f.x.text(last)
	lastX := f.left + f.x.at(last)*(f.right-f.left)
	return x+textWidth(text, textSize)/2+3 > lastX-textWidth(lastText, textSize)/2
}
