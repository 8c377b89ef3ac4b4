package fitness

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// governors returns the frequency governors of the processors, sorted and each
// once. root is Linux's folder of processors.
func governors(root string) (names []string) {
	files, _ := filepath.Glob(filepath.Join(root, "cpu[0-9]*", "cpufreq", "scaling_governor")) // the pattern is valid
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			names = append(names, strings.TrimSpace(string(text)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
