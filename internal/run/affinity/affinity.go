// Package affinity binds all threads of this process to a set of processors.
package affinity

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse parses a list of processors as taskset(1) does, for example 0,2,4-7. It
// returns each processor once, in ascending order.
func Parse(s string) ([]int, error) {
	var cpus []int
	for _, field := range strings.Split(s, ",") {
		low, high, isRange := strings.Cut(field, "-")
		first, err := strconv.ParseUint(low, 10, 12)
		last := first
		if err == nil && isRange {
			last, err = strconv.ParseUint(high, 10, 12)
		}
		if err != nil || last < first {
			return nil, fmt.Errorf("processors %q: want numbers and ranges, such as 0,2,4-7", s)
		}
		for cpu := first; cpu <= last; cpu++ {
			cpus = append(cpus, int(cpu))
		}
	}
	slices.Sort(cpus)
	return slices.Compact(cpus), nil
}

// Format returns cpus, which must be sorted, in the form that [Parse] parses.
func Format(cpus []int) string {
	var b strings.Builder
	for i := 0; i < len(cpus); {
		j := i
		for j+1 < len(cpus) && cpus[j+1] == cpus[j]+1 {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(cpus[i]))
		if j > i {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(cpus[j]))
		}
		i = j + 1
	}
	return b.String()
}

// Check returns an error if this process may not use one of cpus. The error lists
// the processors that it may use.
func Check(cpus []int) error {
	allowed, err := Allowed()
	if err != nil {
		return err
	}
	for _, cpu := range cpus {
		if !slices.Contains(allowed, cpu) {
			return fmt.Errorf("processor %d: this process may use %s", cpu, Format(allowed))
		}
	}
	return nil
}

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
