package echobench

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
)

// These are comments, which benchstat passes over: as "key: value" lines they
// would split its tables, and no two versions could be compared.

// printHost says, once a process, what the figures come from.
var printHost = sync.OnceFunc(func() {
	fmt.Printf("# %s %s/%s, GOMAXPROCS=%d, GOGC=%s, GOMEMLIMIT=%s, kernel %s, CPU %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), env("GOGC", "100"), env("GOMEMLIMIT", "off"), cmp.Or(readLine("/proc/sys/kernel/osrelease"), "unknown"), cmp.Or(cpuModel(), "unknown"))
	fmt.Printf("# modules: %s\n", strings.Join(modules(), ", "))
})

// printSettings says how the transports of one Suite are set.
func printSettings(variants []echo.Variant) {
	for _, v := range variants {
		if d := contract.Describe(v.Transport, 1); d.Settings != "" && d.Unavailable == nil {
			fmt.Printf("# %s: %s\n", v.Name, strings.ReplaceAll(d.Settings, "\n", "; "))
		}
	}
}

// modules lists the modules of the package under test and their versions. go
// test leaves them out of the binary, so it is the go command that knows; where
// there is none, as on a machine that only runs the binary, that is said.
func modules() []string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	const format = "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{with .Replace}} => {{.Path}} {{.Version}}{{end}}{{end}}{{end}}"
	out, err := exec.CommandContext(ctx, "go", "list", "-deps", "-test", "-f", format, ".").Output()
	if err != nil {
		return []string{fmt.Sprintf("unknown (go list: %v)", err)}
	}
	list := strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
	slices.Sort(list)
	return slices.Compact(list)
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
