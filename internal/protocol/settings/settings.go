// Package settings builds the line in which a transport describes its options
// (echo.Description.Settings).
package settings

import (
	"fmt"
	"strings"

	"github.com/echobench/echobench/echo"
)

// A Line is a list of settings. The zero value is an empty line.
type Line struct{ parts []string }

// Add appends one setting, formatted as fmt.Sprintf does.
func (l *Line) Add(format string, args ...any) {
	l.parts = append(l.parts, fmt.Sprintf(format, args...))
}

// Choose appends yes if the option is set, and no if it is not. An empty text is
// left out.
func (l *Line) Choose(option bool, yes, no string) {
	text := no
	if option {
		text = yes
	}
	if text != "" {
		l.parts = append(l.parts, text)
	}
}

// AddConns appends how many connections of the given kind, such as "ClientConn",
// serve the workers. conns is a Conns option other than 0.
func (l *Line) AddConns(conns int, kind string) {
	switch conns {
	case echo.Each:
		l.Add("one %s for each worker", kind)
	case 1:
		l.Add("one %s for all workers", kind)
	default:
		l.Add("%d %ss for all workers", conns, kind)
	}
}

// String returns the settings, separated by commas.
func (l *Line) String() string { return strings.Join(l.parts, ", ") }
