//go:build !linux

package affinity

import (
	"errors"
	"fmt"
	"runtime"
)

var errUnsupported = fmt.Errorf("pinning to processors needs linux, this is %s: %w", runtime.GOOS, errors.ErrUnsupported)

// Allowed is not known here.
func Allowed() ([]int, error) { return nil, errUnsupported }

// Set is not possible here.
func Set([]int) error { return errUnsupported }
