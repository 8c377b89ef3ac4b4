//go:build !linux

package affinity

import (
	"errors"
	"fmt"
	"runtime"
)

var errUnsupported = fmt.Errorf("binding to processors needs linux, this is %s: %w", runtime.GOOS, errors.ErrUnsupported)

// Allowed returns an error that matches errors.ErrUnsupported.
func Allowed() ([]int, error) { return nil, errUnsupported }

// Set returns an error that matches errors.ErrUnsupported.
func Set([]int) error { return errUnsupported }
