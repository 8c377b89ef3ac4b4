//go:build !unix

package testkit

import "testing"

// LimitFiles does nothing: this platform has no such limit.
func LimitFiles(testing.TB, int) (restore func()) { return func() {} }
