package svg

import (
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	coordinate = regexp.MustCompile(` (?:x|x1|x2|cx|y|y1|y2|cy)="([^"]*)"`)
	length     = regexp.MustCompile(` (?:width|height)="([^"]*)"`)
)

// checkPlot checks that every coordinate is a number inside the plot.
func checkPlot(t *testing.T, name, plot string) {
	t.Helper()
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		if strings.Contains(plot, bad) {
			t.Errorf("%s: %s in\n%s", name, bad, plot)
		}
	}
	height, err := strconv.ParseFloat(strings.Fields(regexp.MustCompile(`viewBox="([^"]*)"`).FindStringSubmatch(plot)[1])[3], 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range coordinate.FindAllStringSubmatch(plot, -1) {
		v, err := strconv.ParseFloat(match[1], 64)
		if limit := max(Width, height); err != nil || v < -1 || v > limit+1 {
			t.Errorf("%s: coordinate%s, want a number from 0 to %v", name, match[0], limit)
		}
	}
	for _, match := range length.FindAllStringSubmatch(plot, -1) {
		if v, err := strconv.ParseFloat(match[1], 64); err != nil || v < 0 || v > 2000 {
			t.Errorf("%s: length%s", name, match[0])
		}
	}
}

// awkward are values that plots must survive.
var awkward = [][]float64{
	{1}, {0}, {-1}, {math.NaN()}, {math.Inf(1)}, {5, 5, 5}, {1e-9, 1e9}, {0, 1, 2}, {-3, 4}, {1, math.NaN(), 3}, {math.Inf(-1), 2},
	{1e-300, 1e300}, {0.1, 0.1000001}, {0, 0}, {99, 100, 101}, {1, 2, math.Inf(1)},
}

func TestAwkwardValues(t *testing.T) {
	for _, values := range awkward {
		for _, scale := range []Scale{Linear, Log, Percentile} {
			x := Axis{Label: "x", Scale: scale}
			y := Axis{Label: "y", Unit: "sec", Scale: scale}
			var points []Point
			var rows []Interval
			var bars []Bar
			visible := false
			for _, v := range values {
				points = append(points, Point{X: v, Y: v, Low: -v, High: 2 * v, Tip: "tip"})
				rows = append(rows, Interval{Name: "row", Value: Span{Value: v, Low: v / 2, High: math.Inf(1)}, Second: &Span{Value: 1 / v, Low: 0, High: v}})
				bars = append(bars, Bar{Name: "bar", Values: []float64{v}, Tips: []string{""}})
				visible = visible || x.can(v)
			}
			lines := Lines{Title: "lines", X: x, Y: y, Series: []Series{{Name: "a", Points: points, Samples: [][]Point{points}, Crosses: points, Marked: true}}}
			intervals := Intervals{Title: "intervals", X: x, Rows: rows}
			for name, plot := range map[string]string{"lines": lines.Draw(), "intervals": intervals.Draw(), "bars": Bars{Title: "bars", X: Axis{Unit: "sec"}, Parts: []string{"part"}, Rows: bars}.Draw()} {
				if plot == "" {
					if visible && name != "bars" {
						t.Errorf("%s of %v on scale %v: no plot", name, values, scale)
					}
					continue
				}
				checkPlot(t, name, plot)
			}
		}
	}
	for _, plot := range []string{Lines{}.Draw(), Intervals{}.Draw(), Bars{}.Draw(), Grid{}.Draw(), Grid{RowNames: []string{"a"}, Squares: [][]Square{{{}}}}.Draw()} {
		if plot != "" {
			t.Errorf("nothing to show gives %s", plot)
		}
	}
}

func TestRandomValues(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var lines Lines
		lines.X.Scale, lines.Y.Scale = Log, Log
		lines.Y.Unit = "sec"
		for style := range 1 + r.IntN(12) {
			s := Series{Name: strings.Repeat("n", 1+r.IntN(30)), Style: style, Marked: true}
			for range r.IntN(6) {
				s.Points = append(s.Points, Point{X: math.Exp(10 * r.NormFloat64()), Y: math.Exp(10 * r.NormFloat64())})
			}
			lines.Series = append(lines.Series, s)
		}
		if plot := lines.Draw(); plot != "" {
			checkPlot(t, "lines", plot)
		}
	}
}

// TestLabelsMoveApart: labels of equal values do not overlap, and stay in the plot.
func TestLabelsMoveApart(t *testing.T) {
	for _, from := range []float64{0, 100, 250} {
		list := make([]label, 12)
		for i := range list {
			list[i].y = from
		}
		moveApart(list, 30, 220)
		for i, l := range list {
			if l.y < 29.9 || l.y > 220.1 || i > 0 && l.y-list[i-1].y < labelSpace-0.1 {
				t.Errorf("from %v: label %d is at %v after %v", from, i, l.y, list[max(0, i-1)].y)
			}
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		axis   Axis
		values []float64
		want   string
	}{
		{Axis{Unit: "ops/s"}, []float64{120000}, "0 50k 100k"},
		{Axis{Unit: "sec", Scale: Log}, []float64{2e-5, 3e-2}, "100 µs 1 ms 10 ms"},
		{Axis{Unit: "sec", Scale: Log}, []float64{2e-5, 3e-4}, "20 µs 50 µs 100 µs 200 µs"},
		{Axis{Scale: Log, Ticks: []float64{500, 1, 10, 1}}, []float64{1, 500}, "1 10 500"},
		{Axis{Scale: Percentile}, []float64{0, 0.9995}, "50% 90% 99% 99.9%"},
		{Axis{Names: []string{"a", "b"}}, []float64{0, 1}, "a b"},
		{Axis{Unit: "×", Scale: Log}, []float64{0.9, 1 / 0.9}, "0.9× 1× 1.1×"},
	} {
		c.axis.fit(c.values)
		var got []string
		for _, v := range c.axis.ticks {
			got = append(got, c.axis.text(v))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("ticks of %v: %q, want %q", c.values, strings.Join(got, " "), c.want)
		}
	}
}

// TestContrast: each colour of a theme can be seen on its background, as WCAG 2 asks for
// graphics (3) and text (4.5).
func TestContrast(t *testing.T) {
	for _, theme := range []Theme{Light, Dark} {
		for _, colour := range theme.Series {
			if c := contrast(t, colour, theme.Back); c < 3 {
				t.Errorf("%s on %s has a contrast of %.1f, want 3 or more", colour, theme.Back, c)
			}
		}
		for _, colour := range []string{theme.Text, theme.Faint} {
			if c := contrast(t, colour, theme.Back); c < 4.5 {
				t.Errorf("text %s on %s has a contrast of %.1f, want 4.5 or more", colour, theme.Back, c)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance returns the relative luminance of a colour such as #0072b2.
func luminance(t *testing.T, colour string) (sum float64) {
	t.Helper()
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
