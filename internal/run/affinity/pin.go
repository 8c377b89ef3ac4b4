package affinity

import "errors"

// Pin binds this process to the processors, unless cpus is nil. It returns a
// function that restores the processors which the process could use before.
func Pin(cpus []int) (undo func() error, err error) {
	if cpus == nil {
		return func() error { return nil }, nil
	}
	allowed, err := Allowed()
	if err != nil {
		return nil, err
	}
	undo = func() error { return Set(allowed) }
	if err := Set(cpus); err != nil {
		return nil, errors.Join(err, undo())
	}
	return undo, nil
}
