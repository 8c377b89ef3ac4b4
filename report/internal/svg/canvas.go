// Package svg draws plots as SVG: lines with confidence bands, intervals, stacked bars,
// maps and flame graphs.
//
// It is a writer of our own because no library was found that draws what a report needs.
// gonum.org/v1/plot and github.com/go-analyze/charts write colours and fonts into each
// element, so that one file can't follow the reader's light or dark theme. They have no
// <title> elements, which are the tooltips of a page without script, no axis of 1/(1-p) for
// percentiles, and no labels beside lines that move apart. gonum.org/v1/plot also brings
// libraries for fonts, LaTeX and PDF. Plots that a script draws, such as uPlot's, can't be
// read without it.
//
// A plot other than a flame graph has a view box of 360 units, about the width of a phone,
// so that one unit is about one pixel of the page and text has its intended size. Colours are
// classes, s0 to s11 for series, which Style defines for a light and a dark theme.
package svg

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Width is the width of every plot's view box.
const Width = 360

// canvas collects the elements of a plot.
type canvas struct{ b strings.Builder }

// num writes a coordinate with one decimal.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, num(x1), num(y1), num(x2), num(y2))
}

// rect draws a rectangle. tip is its tooltip; empty means none.
func (c *canvas) rect(class string, x, y, width, height float64, tip string) {
	fmt.Fprintf(&c.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s">%s</rect>`, class, num(x), num(y), num(width), num(height), title(tip))
}

// The anchors of a text.
const (
	start  = "start"
	middle = "middle"
	end    = "end"
)

func (c *canvas) text(class, anchor string, x, y float64, text string) {
	fmt.Fprintf(&c.b, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, num(x), num(y), html.EscapeString(text))
}

// A position is a point of the canvas.
type position struct{ x, y float64 }

// path draws a line through the positions. With closed, it is an area.
func (c *canvas) path(class string, positions []position, closed bool) {
	fmt.Fprintf(&c.b, `<path class="%s" d="%s`, class, steps(positions))
	if closed {
		c.b.WriteString("Z")
	}
	c.b.WriteString(`"/>`)
}

// steps returns the data of a path in relative coordinates, which are short.
func steps(positions []position) string {
	var b strings.Builder
	var x, y float64 // in tenths, as written so far
	for i, p := range positions {
		nextX, nextY := math.Round(p.x*10), math.Round(p.y*10)
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%s %sl", num(p.x), num(p.y))
		case nextX == x && nextY == y:
			continue
		default:
			dx, dy := num((nextX-x)/10), num((nextY-y)/10)
			if i > 1 && dx[0] != '-' {
				b.WriteByte(' ')
			}
			b.WriteString(dx)
			if dy[0] != '-' {
				b.WriteByte(' ')
			}
			b.WriteString(dy)
		}
		x, y = nextX, nextY
	}
	text := b.String()
	if strings.HasSuffix(text, "l") { // one position
		text += "0 0"
	}
	return text
}

// marker draws the symbol of a series.
func (c *canvas) marker(series int, x, y float64, tip string) {
	const r = 3.2
	shapes := [...]string{
		fmt.Sprintf(`<circle class="%%s" cx="%s" cy="%s" r="%v">%%s</circle>`, num(x), num(y), r),
		polygon(x, y, -r, -r, r, -r, r, r, -r, r),
		polygon(x, y, 0, -r-1, r+1, r, -r-1, r),
		polygon(x, y, 0, -r-1, r+1, 0, 0, r+1, -r-1, 0),
		polygon(x, y, 0, r+1, r+1, -r, -r-1, -r),
		polygon(x, y, -r-1, -1, -1, -1, -1, -r-1, 1, -r-1, 1, -1, r+1, -1, r+1, 1, 1, 1, 1, r+1, -1, r+1, -1, 1, -r-1, 1),
	}
	fmt.Fprintf(&c.b, shapes[series%len(shapes)], "mark "+Class(series), title(tip))
}

// polygon returns the format of a marker around a position.
func polygon(x, y float64, offsets ...float64) string {
	var points []string
	for i := 0; i < len(offsets); i += 2 {
		points = append(points, num(x+offsets[i])+","+num(y+offsets[i+1]))
	}
	return `<polygon class="%s" points="` + strings.Join(points, " ") + `">%s</polygon>`
}

// title returns the element that browsers show as a tooltip.
func title(text string) string {
	if text == "" {
		return ""
	}
	return "<title>" + html.EscapeString(text) + "</title>"
}

// finish returns the plot as an SVG element. name says what it shows to those who cannot
// see it.
func (c *canvas) finish(name string, height float64) string {
	return fmt.Sprintf(`<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" role="img" aria-label="%s">%s</svg>`,
		Width, num(height), html.EscapeString(name), c.b.String())
}

// The heights of texts.
const (
	textSize  = 10.5
	titleSize = 12.5
	smallSize = 9.5
)

// textWidth estimates the width of a text of a size. Fonts differ, so it is on the wide side.
func textWidth(text string, size float64) float64 {
	return 0.62 * size * float64(utf8.RuneCountInString(text))
}

// clip shortens a text to a width by an ellipsis.
func clip(text string, width, size float64) string {
	room := int(width / (0.62 * size))
	if runes := []rune(text); len(runes) > room {
		return string(runes[:max(0, room-1)]) + "…"
	}
	return text
}

// clipMiddle is clip for names whose ends differ.
func clipMiddle(text string, width, size float64) string {
	room := int(width / (0.62 * size))
	runes := []rune(text)
	if len(runes) <= room || room < 3 {
		return clip(text, width, size)
	}
	head := (room - 1) / 3
	return string(runes[:head]) + "…" + string(runes[len(runes)-(room-1-head):])
}
