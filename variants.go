package echobench

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/echobench/echobench/echo"
)

// variants returns the Suite's Transports and Variants.
func (s *Suite) variants() []echo.Variant {
	return append(Variants(s.Transports...), s.Variants...)
}

// Variants returns each transport as a variant that has the transport's own name.
func Variants(transports ...echo.Transport) []echo.Variant {
	var variants []echo.Variant
	for _, tr := range transports {
		v := echo.Variant{Transport: tr}
		if tr != nil { // Suite.Run reports a nil transport
			v.Name = tr.Name()
		}
		variants = append(variants, v)
	}
	return variants
}

// Select returns the variants with the given names, in the order of the names.
// The error for an unknown name lists the known ones, with a few words about
// each.
func Select(all []echo.Variant, names ...string) ([]echo.Variant, error) {
	var selected []echo.Variant
	var unknown []string
	for _, name := range names {
		if i := slices.IndexFunc(all, func(v echo.Variant) bool { return v.Name == name }); i >= 0 {
			selected = append(selected, all[i])
		} else {
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	if unknown == nil {
		return selected, nil
	}
	lines := []string{"echobench: unknown variant " + strings.Join(unknown, ", ") + "; the known ones are:"}
	for _, v := range all {
		line := fmt.Sprintf("\t%-14s %s", v.Name, v.About)
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return nil, errors.New(strings.Join(lines, "\n"))
}
