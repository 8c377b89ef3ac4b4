// Package settings builds the line with which a transport describes how it is
// set (echo.Description.Settings).
package settings

import (
	"fmt"
	"strings"
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

// String returns the settings, separated by commas.
func (l *Line) String() string { return strings.Join(l.parts, ", ") }
