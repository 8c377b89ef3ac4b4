//go:build !linux

package attack

import "errors"

func limitFiles(int) error { return errors.ErrUnsupported }
