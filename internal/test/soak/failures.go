package soak

import (
	"fmt"
	"sync"
)

// failuresMax is how many failures of one variant are kept.
const failuresMax = 5

// failures collects what is wrong. Its methods may be called concurrently.
type failures struct {
	seed uint64

	mu   sync.Mutex
	list []string
	of   map[string]int // how many each variant has
}

// add adds a failure of who: a variant, or all of them.
func (f *failures) add(who, format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[string]int{}
	}
	f.of[who]++
	switch n := f.of[who]; {
	case n <= failuresMax:
		f.list = append(f.list, fmt.Sprintf("%s, seed %d: %s", who, f.seed, fmt.Sprintf(format, args...)))
	case n == failuresMax+1:
		f.list = append(f.list, fmt.Sprintf("%s, seed %d: further failures are left out", who, f.seed))
	}
}
