package svg

import (
	"fmt"
	"strings"
)

// series is how many styles there are: six colours, which readers with any form of colour
// blindness tell apart, each with solid lines and filled markers, and with dashed lines and
// hollow markers. The markers have six shapes.
const series = 12

// Class returns the class of a series.
func Class(n int) string { return fmt.Sprintf("s%d", n%series) }

// A Theme is a set of colours.
type Theme struct {
	Back, Text, Faint, Grid string
	Series                  [6]string
}

// The themes. The series are Okabe and Ito's colours, made darker or lighter until each has
// a contrast of at least 3 with the background.
var (
	Light = Theme{"#ffffff", "#1c1f24", "#5a6069", "#e2e5e9", [6]string{"#0072b2", "#c8500a", "#008a64", "#a0468c", "#967200", "#50555c"}}
	Dark  = Theme{"#14171c", "#e8eaed", "#a5abb4", "#343942", [6]string{"#56b4e9", "#f08a4b", "#2cc596", "#dd8fcf", "#e3b935", "#c3c7cd"}}
)

// Colours returns the declarations of the theme's colours.
func (t Theme) Colours() string {
	var b strings.Builder
	fmt.Fprintf(&b, "--back:%s;--text:%s;--faint:%s;--grid:%s;", t.Back, t.Text, t.Faint, t.Grid)
	for i, colour := range t.Series {
		fmt.Fprintf(&b, "--k%d:%s;", i, colour)
	}
	return b.String()
}

// Style returns the style sheet of plots. The colours come from Colours.
func Style() string {
	var b strings.Builder
	b.WriteString(`.plot{font-family:Helvetica,Arial,"Liberation Sans",sans-serif}
.plot text{font-size:10.5px;fill:var(--text)}
.plot text.title{font-size:12.5px;font-weight:600}
.plot text.name{paint-order:stroke;stroke:var(--back);stroke-width:2.5px;stroke-linejoin:round}
.plot text.small{font-size:9.5px}
.plot text.faint{fill:var(--faint)}
.plot text.strong{font-weight:600}
.plot .grid{stroke:var(--grid);stroke-width:1}
.plot .axis{stroke:var(--faint);stroke-width:1}
.plot .one{stroke:var(--text);stroke-width:1;stroke-dasharray:2 2}
.plot .curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.plot .few{fill:none;stroke:var(--c);stroke-width:2;stroke-dasharray:1.5 2.5}
.plot .thin{fill:none;stroke:var(--c);stroke-width:.7;opacity:.45}
.plot .band{fill:var(--c);stroke:none;opacity:.16}
.plot .mark{fill:var(--c);stroke:var(--c);stroke-width:1.2}
.plot .lead{stroke:var(--c);stroke-width:.8;opacity:.7}
.plot .span{stroke:var(--c);stroke-width:2}
.plot .bar{fill:var(--c);stroke:var(--back);stroke-width:.8}
.plot .square{fill:var(--c);stroke:var(--back);stroke-width:2;fill-opacity:.3}
.plot .level{fill:var(--grid);stroke:var(--back);stroke-width:2}
.plot .none{fill:none;stroke:var(--grid);stroke-width:1}
.plot .cross{stroke:var(--c);stroke-width:1.8}
`)
	for n := range series {
		fmt.Fprintf(&b, ".plot .%s{--c:var(--k%d)}", Class(n), n%6)
		if n >= 6 {
			fmt.Fprintf(&b, ".plot .curve.%[1]s{stroke-dasharray:6 3}.plot .mark.%[1]s{fill:var(--back)}.plot .bar.%[1]s{fill-opacity:.55}", Class(n))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
