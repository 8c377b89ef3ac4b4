package echobench

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// printProvenance says what the figures come from. These are comments, which
// benchstat passes over: as "key: value" lines they would split its tables,
// and no two versions could be compared.
func printProvenance(w io.Writer, transports []Transport) {
	fmt.Fprintf(w, "# %s %s/%s, GOMAXPROCS=%d, GOGC=%s, GOMEMLIMIT=%s, kernel %s, CPU %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), env("GOGC", "100"), env("GOMEMLIMIT", "off"), cmp.Or(readLine("/proc/sys/kernel/osrelease"), "unknown"), cmp.Or(cpuModel(), "unknown"))
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintf(w, "# %s%s", info.Main.Path, at(info.Main.Version))
		for _, m := range info.Deps {
			if m.Replace != nil {
				fmt.Fprintf(w, ", %s%s => %s%s", m.Path, at(m.Version), m.Replace.Path, at(m.Replace.Version))
			} else {
				fmt.Fprintf(w, ", %s%s", m.Path, at(m.Version))
			}
		}
		fmt.Fprintln(w)
	}
	for _, tr := range transports {
		if d := describe(tr, 1); d.Settings != "" {
			fmt.Fprintf(w, "# %s: %s\n", tr.Name(), strings.ReplaceAll(d.Settings, "\n", "; "))
		}
	}
}

func at(version string) string {
	if version == "" {
		return ""
	}
	return " " + version
}

func env(key, unset string) string { return cmp.Or(os.Getenv(key), unset) }

// readLine returns a file's first line, or "" where there is no such file.
func readLine(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

// cpuModel is what Linux calls the processor.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
