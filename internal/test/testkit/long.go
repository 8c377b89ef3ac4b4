package testkit

import (
	"os"
	"testing"
)

// IsLong reports whether tests may take long: whether ECHOBENCH_LONG is set in the
// environment, as make check sets it.
func IsLong() bool { return os.Getenv("ECHOBENCH_LONG") != "" }

// Long skips tb unless tests may take long. A test calls Long if it takes seconds and
// if quicker tests find most of what it finds.
func Long(tb testing.TB) {
	tb.Helper()
	if !IsLong() {
		tb.Skip("takes long: only make check runs it (ECHOBENCH_LONG=1)")
	}
}
