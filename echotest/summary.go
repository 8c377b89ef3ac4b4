package echotest

import (
	"fmt"
	"strings"
	"testing"
)

// A summary counts the checks of one transport.
type summary struct {
	passed, failed int
	skipped        []string // names of checks
}

// add counts the check with the given name, which has ended.
func (s *summary) add(name string, t *testing.T) {
	switch {
	case t.Failed():
		s.failed++
	case t.Skipped():
		s.skipped = append(s.skipped, name)
	default:
		s.passed++
	}
}

// print prints one line if a check was skipped. It does not use t.Log, whose
// output go test shows only with -v.
func (s *summary) print(transport string) {
	if s.skipped != nil {
		fmt.Printf("echotest: %s: %d checks passed, %d failed and %d were not made (-v prints the reasons): %s\n",
			transport, s.passed, s.failed, len(s.skipped), strings.Join(s.skipped, ", "))
	}
}
