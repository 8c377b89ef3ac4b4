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
	declared       []string // names of rules that are declared as not kept, with the reason
}

// add counts the check with the given name, which has ended. reason is why the
// transport declares that it does not keep the rule; it is empty if it does not.
func (s *summary) add(name, reason string, t *testing.T) {
	switch {
	case t.Failed():
		s.failed++
	case t.Skipped() && reason != "":
		s.declared = append(s.declared, name+" ("+reason+")")
	case t.Skipped():
		s.skipped = append(s.skipped, name)
	default:
		s.passed++
	}
}

// print prints one line if a check was skipped. It does not use t.Log, whose
// output go test shows only with -v.
func (s *summary) print(transport string) {
	if s.skipped == nil && s.declared == nil {
		return
	}
	line := fmt.Sprintf("echotest: %s: %d checks passed, %d failed", transport, s.passed, s.failed)
	if s.skipped != nil {
		line += fmt.Sprintf(", %d were skipped (-v prints the reasons): %s", len(s.skipped), strings.Join(s.skipped, ", "))
	}
	if s.declared != nil {
		line += fmt.Sprintf("; %d rules are declared as not kept: %s", len(s.declared), strings.Join(s.declared, ", "))
	}
	fmt.Println(line)
}
