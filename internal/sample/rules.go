package sample

import (
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/header"
	"github.com/echobench/echobench/internal/rules/trial"
)

// Rules checks the variants, each of them once, before its first sample. The rules
// are those of the conformance kit that can be checked with a few calls.
type Rules struct {
	hang    time.Duration    // a call that takes longer counts as a hang
	results map[string]error // by the variant's name
	counted map[string]bool  // whether recheck knows what the variant moves, by its name
}

// NewRules returns Rules for the variants, or nil with ECHOBENCH_RULES=off in the
// environment. It prints which variants will not be checked, or only in part.
func NewRules(variants []echo.Variant) *Rules {
	if os.Getenv("ECHOBENCH_RULES") == "off" {
		header.PrintRemarks("ECHOBENCH_RULES=off: the transports are not checked")
		return nil
	}
	for _, v := range variants {
		if reason := trial.NotChecked(v.Transport); reason != "" {
			header.PrintRemarks(fmt.Sprintf("%s: what crosses its network is not checked: %s", v.Name, reason))
		}
	}
	return &Rules{10 * time.Second, map[string]error{}, map[string]bool{}}
}

// check returns an error with the rule's sentence if the variant breaks a rule. It
// checks nothing if r is nil.
func (r *Rules) check(v echo.Variant) error {
	if r == nil {
		return nil
	}
	err, checked := r.results[v.Name]
	if !checked {
		err = trial.Quickly(v.Transport, r.hang)
		r.results[v.Name] = err
		debug.FreeOSMemory() // what the check needed does not count as the sample's
	}
	return err
}
