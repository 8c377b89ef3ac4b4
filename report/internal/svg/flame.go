package svg

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
)

// A Flame is a flame graph: functions above their callers, each as wide as its share of the
// samples. Unlike the other plots, it has a width of its own and is a complete file, in the
// colours of the reader's theme.
type Flame struct {
	Title  string
	Series []string // what the colours mean
	Root   *Frame
}

// A Frame is a function in a flame graph, called as its parents say.
type Frame struct {
	Name     string // with the path of its package
	Series   int
	Samples  int64 // including those of the children
	Children []*Frame
}

// Child returns the child of the given name, which it adds if there is none.
func (f *Frame) Child(name string) *Frame {
	i := slices.IndexFunc(f.Children, func(child *Frame) bool { return child.Name == name })
	if i < 0 {
		i = len(f.Children)
		f.Children = append(f.Children, &Frame{Name: name})
	}
	return f.Children[i]
}

// depth returns the number of frames above f, and f.
func (f *Frame) depth() int {
	n := 0
	for _, child := range f.Children {
		n = max(n, child.depth())
	}
	return n + 1
}

const (
	flameWidth  = 1200
	flameTop    = 46 // of the frames, below title and legend
	frameHeight = 17
	minFrame    = 0.5 // the width below which a frame is left out
)

// Draw returns the file.
func (f Flame) Draw() string {
	var c canvas
	height := float64(flameTop + frameHeight*f.Root.depth() + 6)
	c.rect("back", 0, 0, flameWidth, height, "")
	c.text("title", start, 6, 16, clip(f.Title, flameWidth-12, titleSize))
	x := 6.0
	for n, name := range f.Series {
		c.rect("frame "+Class(n), x, 26, 10, 10, "")
		c.text("", start, x+14, 35, name)
		x += 14 + textWidth(name, textSize) + 12
	}
	c.frame(f, f.Root, 6, height-frameHeight-6)
	return fmt.Sprintf(`<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" width="%[1]d" height="%[2]s" role="img" aria-label="%s"><style>%s</style>%s</svg>`+"\n",
		flameWidth, num(height), html.EscapeString(f.Title), flameStyle(), c.b.String())
}

// frame draws a frame with those above it.
func (c *canvas) frame(f Flame, frame *Frame, x, y float64) {
	scale := (flameWidth - 12) / float64(max(1, f.Root.Samples))
	width := float64(frame.Samples) * scale
	if width < minFrame {
		return
	}
	class, share := "frame", 100*float64(frame.Samples)/float64(max(1, f.Root.Samples))
	tip := fmt.Sprintf("%s: %.1f%%, %d samples", frame.Name, share, frame.Samples)
	if frame != f.Root {
		class += " " + Class(frame.Series)
		tip += ", " + f.Series[frame.Series]
	}
	c.rect(class, x, y, width, frameHeight, tip)
	path, _, _ := strings.Cut(frame.Name, "[") // type arguments have paths as well
	if text := clip(frame.Name[strings.LastIndexByte(path, '/')+1:], width-4, textSize); len([]rune(text)) > 2 {
		c.text("above", start, x+3, y+12.5, text)
	}
	children := slices.SortedFunc(slices.Values(frame.Children), func(a, b *Frame) int { return cmp.Compare(a.Name, b.Name) })
	for _, child := range children {
		c.frame(f, child, x, y-frameHeight)
		x += float64(child.Samples) * scale
	}
}

// flameStyle returns the style sheet. The colours are pale so that the names can be read.
func flameStyle() string {
	var b strings.Builder
	fmt.Fprintf(&b, ":root{%s}@media(prefers-color-scheme:dark){:root{%s}}\n%s", Light.Colours(), Dark.Colours(), Style())
	b.WriteString(".plot .back{fill:var(--back)}.plot .above{pointer-events:none}.plot .frame{fill:var(--grid);stroke:var(--back);stroke-width:.8}\n")
	for n := range series {
		opacity := ".5"
		if n >= 6 {
			opacity = ".22"
		}
		fmt.Fprintf(&b, ".plot .frame.%s{fill:var(--c);fill-opacity:%s}", Class(n), opacity)
	}
	return b.String()
}
