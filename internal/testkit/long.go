package testkit

import (
	"os"
	"testing"
)

// Long skips tb unless ECHOBENCH_LONG is set in the environment, as make check sets
// it. A test calls Long if it takes seconds and if what it finds is found by quicker
// tests as well, in most cases.
func Long(tb testing.TB) {
	tb.Helper()
	if os.Getenv("ECHOBENCH_LONG") == "" {
		tb.Skip("takes long: only make check runs it (ECHOBENCH_LONG=1)")
	}
}
