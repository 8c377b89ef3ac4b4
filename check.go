package echobench

import (
	"errors"
	"fmt"
	"slices"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/units"
)

// maxDepth bounds what a worker keeps in flight, because each request in flight
// takes memory.
const maxDepth = 1 << 16

// check returns the first mistake in the Suite that can be found before anything
// starts.
func (s *Suite) check(variants []echo.Variant) error {
	if len(variants) == 0 || len(s.Sizes) == 0 || len(s.Parallelism) == 0 {
		return fmt.Errorf("a suite of %d transports, %d sizes and %d numbers of workers has no cell", len(variants), len(s.Sizes), len(s.Parallelism))
	}
	if s.Stall < 0 {
		return fmt.Errorf("stall %v: want a positive duration, or 0 for 10s", s.Stall)
	}
	if err := errors.Join(s.Server.check(), units.Set(s.Metrics).Check(), s.Pin.check(s.Server)); err != nil {
		return err
	}
	for _, workers := range s.Parallelism {
		if workers < 1 {
			return fmt.Errorf("parallelism %d: want 1 or more workers", workers)
		}
	}
	for _, n := range s.Idle {
		if n < 0 {
			return fmt.Errorf("idle clients %d: want 0 or more", n)
		}
	}
	for _, l := range s.Links {
		if err := l.check(); err != nil {
			return err
		}
	}
	for _, size := range s.Sizes {
		if size < 1 {
			return fmt.Errorf("size %d: want 1 byte or more", int(size))
		}
	}
	if err := s.checkRates(); err != nil {
		return err
	}
	return s.checkVariants(variants)
}

func (s *Suite) checkVariants(variants []echo.Variant) error {
	var names []string
	for i, v := range variants {
		if v.Transport == nil {
			return fmt.Errorf("transport %d is nil", i)
		}
		if slices.Contains(names, v.Name) {
			return fmt.Errorf("duplicate transport name %q", v.Name)
		}
		names = append(names, v.Name)
		if err := s.checkVariant(v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Suite) checkVariant(v echo.Variant) error {
	if !contract.ValidName.MatchString(v.Name) {
		return fmt.Errorf("transport name %q: want lower-case letters and digits, because it becomes part of a benchmark's name", v.Name)
	}
	if v.Batch < 0 || v.Depth < 0 || v.Depth > maxDepth || v.Batch > 0 && v.Depth > 0 {
		return fmt.Errorf("%s: batch %d and depth %d: want one of them, 1 or more (a depth of at most %d), or neither", v.Name, v.Batch, v.Depth, maxDepth)
	}
	if s.Rates != nil {
		if err := checkSingle(v); err != nil {
			return err
		}
	}
	d := contract.Describe(v.Transport, 1)
	if d.Unavailable != nil || d.MaxSize == 0 {
		return nil
	}
	for _, size := range s.Sizes {
		if size > d.MaxSize {
			return fmt.Errorf("size %v: %s carries 1B to %v", size, v.Name, d.MaxSize)
		}
	}
	return nil
}

// checkSingle returns an error if the variant's workers do not send single requests.
func checkSingle(v echo.Variant) error {
	if v.Batch > 0 || v.Depth > 0 {
		return fmt.Errorf("%s: batch %d and depth %d with a rate: at a rate, each request is sent by itself when it is due", v.Name, v.Batch, v.Depth)
	}
	return nil
}
