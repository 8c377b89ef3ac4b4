//go:build !(linux || darwin)

package attack

import "errors"

const canLimitFiles = false

func limitFiles(int) error { return errors.ErrUnsupported }
