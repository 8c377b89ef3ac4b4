package trial

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
)

// together are the rules that Quickly checks at the same time, because their checks
// wait more than they compute, and inTurn those that count what the whole process
// uses.
var (
	together = []Rule{Wire, WireAgain, Timestamps, RequestUntouched, CancelInFlight, DeadlineInFlight, LargeInFlight, ContextErrors}
	inTurn   = []Rule{NoFileLeft, AnnouncedLength}
)

// Quickly checks the rules, each of them with a few calls, in a fraction of a second
// altogether. The error is about the first rule that tr breaks, and contains the
// rule's sentence. If the machine does not allow a check, the error says only that,
// because other checks may have failed for the same reason. hang is how long a call may
// take.
func Quickly(tr echo.Transport, hang time.Duration) error {
	t := New(tr, hang)
	t.Quick = true
	if err := Network.try(t); err != nil {
		return err
	}
	errs := make([]error, len(together))
	var trying sync.WaitGroup
	for i, r := range together {
		trying.Go(func() { errs[i] = r.try(t) })
	}
	trying.Wait()
	for _, err := range errs {
		if errors.As(err, new(machineError)) {
			return err
		}
	}
	if err := cmp.Or(errs...); err != nil {
		return err
	}
	for _, r := range inTurn {
		if err := r.try(t); err != nil {
			return err
		}
	}
	return nil
}

// Files returns how many file descriptors both ends and the proxies have open at most while
// Quickly checks tr: as many as all checks need that run together, each until its end.
func Files(tr echo.Transport) (n int) {
	shared := 2
	if contract.Describe(tr, 6).Clients < 6 {
		shared = 6
	}
	for _, c := range []struct {
		callers, times int
		proxied        bool
	}{
		{9, 1, true},      // wire: one caller, and then eight
		{2, 1, true},      // wireAgain
		{2, 1, false},     // timestamps
		{1, 2, false},     // requestUntouched, and the last call of contextErrors
		{1, 2, true},      // cancelInFlight and deadlineInFlight
		{shared, 1, true}, // largeInFlight
		{3, len(causes), true},
	} {
		files := contract.Describe(tr, c.callers).Files
		if c.proxied {
			files += 1 + 2*c.callers // a listener, and both sides of each connection
		}
		n += c.times * files
	}
	return n
}

// NotChecked says why Quickly cannot check what crosses tr's network, or returns an
// empty string.
func NotChecked(tr echo.Transport) string {
	switch network := contract.Describe(tr, 1).Network; network {
	case "tcp", "udp", "unix":
		return ""
	default:
		return fmt.Sprintf("no proxy can stand between the two ends, because the transport's Network is %q", network)
	}
}

// try checks the rule, unless the transport declares that it does not keep it.
func (r Rule) try(t *Trial) error {
	if Declared(t.Transport, r.Name) != "" {
		return nil
	}
	var with *Trial
	failure, _ := Attempt(func(rec T) {
		with = t.With(rec)
		r.Check(with)
	})
	switch {
	case failure == "":
		return nil
	case with.Machine() != nil:
		return machineError{fmt.Errorf("the rule %s was not checked: %s", r.Name, failure)}
	}
	return r.Broken(failure)
}

// Declared returns the reason for which tr declares that it does not keep a rule, or
// an empty string.
func Declared(tr echo.Transport, rule string) (reason string) {
	for _, e := range contract.Describe(tr, 1).Exceptions {
		if e.Rule == rule {
			return e.Reason
		}
	}
	return ""
}

// Attempt calls check with a T that records what it reports. It returns the first
// failure, or an empty string, and whether the check was skipped.
func Attempt(check func(T)) (failure string, skipped bool) {
	rec := new(recorder)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer rec.cleanUp()
		check(rec)
	}()
	<-done
	return rec.failure, rec.skipped
}

// A recorder is a T that keeps the first failure.
type recorder struct {
	mu       sync.Mutex
	failure  string
	skipped  bool
	cleanups []func()
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

// cleanUp calls the functions of Cleanup, the last one first. A function may end the
// goroutine.
func (r *recorder) cleanUp() {
	n := len(r.cleanups)
	if n == 0 {
		return
	}
	f := r.cleanups[n-1]
	r.cleanups = r.cleanups[:n-1]
	defer r.cleanUp()
	f()
}

func (r *recorder) Error(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == "" {
		r.failure = fmt.Sprint(args...)
	}
}

func (r *recorder) Errorf(format string, args ...any) { r.Error(fmt.Sprintf(format, args...)) }

func (r *recorder) Fatal(args ...any) {
	r.Error(args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) { r.Fatal(fmt.Sprintf(format, args...)) }
func (r *recorder) Skipf(string, ...any)              { r.Skip() }

func (r *recorder) Skip(...any) {
	r.mu.Lock()
	r.skipped = true
	r.mu.Unlock()
	runtime.Goexit()
}
