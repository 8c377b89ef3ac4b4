// Package layers tells where the processor time goes. It reads the CPU profiles that a
// benchmark with -profile has written, and writes the share of each layer as results, in the
// format of benchmarks:
//
//	cd report && go test -run TestWrite ./layers -profiles $PWD/../results/profiles -shares $PWD/../results/layers.txt
//
// The layers are the kernel, the poller and scheduler, garbage collection with assists,
// allocation, copying, TLS, serialization, the protocol's library, the harness, and what is
// unclassified. The kernel's time is that of the functions which enter it. Any other time
// counts for the innermost function that a table of this package names, by its name or by
// its package. Time in packages that no table names is unclassified.
//
// It also writes a table beside the shares that a study has published, and flame graphs. The
// command make layers writes all of them.
package layers

import (
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// shares are numbers of samples by layer.
type shares map[layer]int64

// total returns the number of samples.
func (s shares) total() (n int64) {
	for _, count := range s {
		n += count
	}
	return n
}

// stackOf returns the names of a sample's functions, the innermost first.
func stackOf(sample *profile.Sample) (stack []string) {
	for _, location := range sample.Location {
		for _, line := range location.Line {
			if line.Function != nil {
				stack = append(stack, line.Function.Name)
			}
		}
	}
	return stack
}

// classify returns the layer of a stack, whose innermost function is the first.
func classify(stack []string) layer {
	if len(stack) == 0 {
		return unclassified
	}
	if slices.Contains(kernelCalls, stack[0]) {
		return kernel
	}
	for _, function := range stack {
		if hasPrefix(function, collections) {
			return gc
		}
	}
	if slices.Contains(copies, stack[0]) {
		return copying
	}
	for _, function := range stack {
		switch {
		case hasPrefix(function, allocations):
			return allocation
		case hasPrefix(function, schedules):
			return scheduler
		}
		if l := packageLayer(packageOf(function)); l != caller {
			return l
		}
	}
	return unclassified
}

// hasPrefix reports whether the function begins with one of the prefixes.
func hasPrefix(function string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(function, prefix) })
}

// packageOf returns the path of a function's package. It is empty for a function of
// the runtime in assembly, whose name has no package.
func packageOf(function string) string {
	for _, generated := range []string{"type:.hash.", "type:.eq."} {
		function = strings.TrimPrefix(function, generated)
	}
	function, _, _ = strings.Cut(function, "[") // type arguments have paths as well
	last := strings.LastIndexByte(function, '/') + 1
	name, _, ok := strings.Cut(function[last:], ".")
	if !ok {
		return ""
	}
	return strings.TrimPrefix(function[:last]+name, "vendor/")
}

// packageLayer returns the layer of a package, which is that of the longest path in the
// table that contains it.
func packageLayer(path string) layer {
	if path == "" {
		return caller
	}
	for {
		if l, ok := packages[path]; ok {
			return l
		}
		parent := strings.LastIndexByte(path, '/')
		if parent < 0 {
			return unclassified
		}
		path = path[:parent]
	}
}
