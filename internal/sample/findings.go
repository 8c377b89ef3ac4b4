package sample

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/base/fdlimit"
	"github.com/echobench/echobench/internal/measure/header"
	"github.com/echobench/echobench/internal/rules/trial"
)

// Findings are what the samples of a benchmark have found out about its variants. A nil
// Findings finds nothing. Its methods may be called by several goroutines at once.
type Findings struct {
	rules bool // are checked

	mu        sync.Mutex
	results   map[string]error // of checking the rules, by the variant's name
	counted   map[string]bool  // whether recheck knows what the variant moves, by its name
	abandoned map[string]error // the first call that did not return, by the variant's name
}

// NewFindings returns Findings about the variants. It prints which variants will not be
// checked for the rules of the contract, or only in part: none with ECHOBENCH_RULES=off in
// the environment.
func NewFindings(variants []echo.Variant) *Findings {
	f := &Findings{rules: true, results: map[string]error{}, counted: map[string]bool{}, abandoned: map[string]error{}}
	if os.Getenv("ECHOBENCH_RULES") == "off" {
		header.PrintRemarks("ECHOBENCH_RULES=off: the transports are not checked")
		f.rules = false
		return f
	}
	for _, v := range variants {
		if reason := trial.NotChecked(v.Transport); reason != "" {
			header.PrintRemarks(fmt.Sprintf("%s: what crosses its network is not checked: %s", v.Name, reason))
		}
	}
	return f
}

// hang is how long a call may take during the check of the rules, and checkTimeout how
// long the whole check may take.
const (
	hang         = 10 * time.Second
	checkTimeout = 20 * time.Second
)

// check checks the rules of the conformance kit that can be checked with a few calls,
// once for each variant and before its first sample. The error has the sentence of the
// rule that the variant breaks.
func (f *Findings) check(ctx context.Context, v echo.Variant) error {
	if f == nil || !f.rules {
		return nil
	}
	err, checked := f.results[v.Name]
	if checked {
		return err
	}
	need := fdlimit.Need{Who: "the check of the rules needs", Files: trial.Files(v.Transport)}
	if err := need.Check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err = awaitError(ctx, f, v, "the check of the rules", func() error { return trial.Quickly(v.Transport, hang) })
	f.results[v.Name] = err
	debug.FreeOSMemory() // what the check needed does not count as the sample's
	return err
}

// ErrAbandoned is matched by the error of an Open for a variant that has not returned from
// an earlier call.
var ErrAbandoned = errors.New("a call did not return before")

// abandon records that a call of the variant was abandoned, if err says so.
func (f *Findings) abandon(v echo.Variant, err error) {
	if f == nil || !errors.Is(err, bound.ErrNoReturn) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.abandoned[v.Name] == nil {
		f.abandoned[v.Name] = fmt.Errorf("%w: %w", ErrAbandoned, err)
	}
}

// usable returns an error that matches ErrAbandoned if a call of the variant was abandoned.
func (f *Findings) usable(v echo.Variant) error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.abandoned[v.Name]
}

// await calls f, which calls the variant's transport and should return when ctx ends. If it
// does not return soon afterwards, it is abandoned, which the findings record, and drop
// closes what it returns later. what names the call.
func await[T any](ctx context.Context, found *Findings, v echo.Variant, what string, f func() (T, error), drop func(T)) (T, error) {
	value, err := bound.Value(ctx, graceTimeout, f, drop)
	found.abandon(v, fmt.Errorf("%s: %w", what, err))
	return value, err
}

// awaitError is await for a function that returns only an error.
func awaitError(ctx context.Context, found *Findings, v echo.Variant, what string, f func() error) error {
	_, err := await(ctx, found, v, what, func() (struct{}, error) { return struct{}{}, f() }, func(struct{}) {})
	return err
}

// awaitClose calls f, which closes what the variant's transport has opened, and has no
// context. If it does not return in time, it is abandoned, which the findings record.
func awaitClose(timeout time.Duration, found *Findings, v echo.Variant, what string, f func() error) error {
	err := bound.Call(timeout, f)
	found.abandon(v, fmt.Errorf("%s: %w", what, err))
	return err
}
