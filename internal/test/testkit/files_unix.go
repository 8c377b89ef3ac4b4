//go:build unix

package testkit

import (
	"syscall"
	"testing"

	"github.com/echobench/echobench/internal/base/fdlimit"
)

// LimitFiles lets this process open n further file descriptors, and a few for the Go
// runtime, until restore is called.
func LimitFiles(tb testing.TB, n int) (restore func()) {
	tb.Helper()
	var before syscall.Rlimit
	open, ok := fdlimit.Open()
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil || !ok {
		return func() {} // the limit cannot be chosen
	}
	limit := before
	lower(&limit.Cur, open+n+8)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		tb.Fatal(err)
	}
	return func() {
		tb.Helper()
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
			tb.Fatal(err)
		}
	}
}

// lower lowers the limit to n. The type of a limit depends on the platform.
func lower[T int64 | uint64](limit *T, n int) { *limit = min(*limit, T(n)) }
