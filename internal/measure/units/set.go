// Package units knows the units of a result line: which of them belong to which
// set of metrics, how each is computed from what an end of the connection used,
// and in which direction it is better.
package units

import (
	"fmt"
	"strings"
)

// A Set is a set of groups of units.
type Set uint

// The groups. echobench.Metrics describes those that users choose from.
const (
	Latency Set = 1 << iota
	CPU
	Kernel
	Runtime
	Legs

	Counters Set = 1 << 30 // units that Suite.Counters adds
	always   Set = 1 << 31 // units of every line

	All = Latency | CPU | Kernel | Runtime | Legs
)

var setNames = []struct {
	name string
	set  Set
}{
	{"latency", Latency}, {"cpu", CPU}, {"kernel", Kernel}, {"runtime", Runtime}, {"legs", Legs}, {"all", All},
}

// ParseSet returns the set with the given name.
func ParseSet(name string) (Set, error) {
	var known []string
	for _, s := range setNames {
		if s.name == name {
			return s.set, nil
		}
		known = append(known, s.name)
	}
	return 0, fmt.Errorf("metrics %q: want %s", name, strings.Join(known, ", "))
}

// Check returns an error if s has groups that users cannot choose.
func (s Set) Check() error {
	if s&^All != 0 {
		return fmt.Errorf("metrics %#x: want a combination of Latency, CPU, Kernel, Runtime and Legs", uint(s))
	}
	return nil
}
