package svg

// Grid is a map: a table whose squares are coloured by what they show.
type Grid struct {
	Title, Rows, Columns string // what the rows and the columns are
	RowNames             []string
	ColumnNames          []string
	Squares              [][]Square // by row and column
}

// A Square is one place of a Grid.
type Square struct {
	Text, More string // two lines; without Text the square is empty
	Style      int    // of what it shows; -1 is neutral
	Tip        string
}

const squareHeight = 34

// MaxColumns is how many columns a Grid has room for.
const MaxColumns = 6

// Draw returns the plot, or "" if there is nothing that it can show.
func (g Grid) Draw() string {
	shown := false
	left := 0.0
	for i, row := range g.Squares {
		left = max(left, textWidth(g.RowNames[i], textSize))
		for _, s := range row {
			shown = shown || s.Text != ""
		}
	}
	if !shown {
		return ""
	}
	left = min(left+10, 90)
	width := (Width - left - 4) / float64(len(g.ColumnNames))
	width = min(width, 90)
	var c canvas
	c.heading(g.Title, g.Rows+" × "+g.Columns)
	const top = 50
	for i, name := range g.ColumnNames {
		c.text("faint", middle, left+(float64(i)+.5)*width, top-6, clip(name, width, textSize))
	}
	for i, row := range g.Squares {
		y := top + squareHeight*float64(i)
		c.text("faint", end, left-6, y+squareHeight/2+4, clip(g.RowNames[i], left-6, textSize))
		for j, s := range row {
			c.square(left+float64(j)*width, y, width, s)
		}
	}
	return c.finish(g.Title, top+squareHeight*float64(len(g.Squares))+6)
}

func (c *canvas) square(x, y, width float64, s Square) {
	class := "square " + Class(s.Style)
	switch {
	case s.Text == "":
		class = "none"
	case s.Style < 0:
		class = "level"
	}
	c.rect(class, x, y, width, squareHeight, s.Tip)
	if s.Text != "" {
		c.text("strong", middle, x+width/2, y+14, clip(s.Text, width-2, textSize))
		c.text("small", middle, x+width/2, y+27, clip(s.More, width-2, smallSize))
	}
}
