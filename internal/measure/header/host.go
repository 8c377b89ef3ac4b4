// Package header prints the comment lines around results: what they were measured
// on, how the transports were set, and how far a run is. All of them begin with
// "# ". benchstat ignores such lines, whereas lines of the form "key: value" would
// split its tables, so that no two versions could be compared.
//
// With ECHOBENCH_HEADER=off in the environment, nothing is printed. Package
// compare sets it, because it runs a process for each sample.
package header

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/measure/usage"
)

// off reports whether the environment asks for no comment lines.
func off() bool { return os.Getenv("ECHOBENCH_HEADER") == "off" }

// PrintHost describes the machine, the settings of Go and the modules, once in a process.
var PrintHost = sync.OnceFunc(printHost)

func printHost() {
	if off() {
		return
	}
	quota := ""
	if cpus := usage.ReadQuota().CPUs; cpus > 0 {
		quota = fmt.Sprintf("CPU quota %.3g, ", cpus)
	}
	fmt.Printf("# %s %s/%s, GOMAXPROCS=%d, %sGOGC=%s, GOMEMLIMIT=%s, GODEBUG=%s, kernel %s, CPU %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), quota, env("GOGC", "100"), env("GOMEMLIMIT", "off"), godebug(), cmp.Or(readLine("/proc/sys/kernel/osrelease"), "unknown"), cmp.Or(cpuModel(), "unknown"))
	fmt.Printf("# modules: %s\n", strings.Join(modules(), ", "))
	fmt.Printf("# command: go test %s\n", strings.Join(command(os.Args[1:]), " "))
}

// command returns the arguments of the test binary as they are given to go test, quoted for
// a shell. Those that go test adds by itself are left out.
func command(args []string) (given []string) {
	for _, arg := range args {
		name, value, valued := strings.Cut(arg, "=")
		if name == "-test.paniconexit0" || name == "-test.timeout" || name == "-test.testlogfile" {
			continue
		}
		if name, ok := strings.CutPrefix(name, "-test."); ok {
			arg = "-" + name
			if valued {
				arg += "=" + value
			}
		}
		if strings.ContainsAny(arg, " \t;&$|*?()<>'\"") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		arg = strings.ReplaceAll(arg, "\n", " ") // a comment is one line
		given = append(given, arg)
	}
	return given
}

// PrintSettings describes how each variant is set, and which rules of package echotest
// it declares that it does not keep.
func PrintSettings(variants []echo.Variant) {
	if off() {
		return
	}
	for _, v := range variants {
		d := contract.Describe(v.Transport, 1)
		if d.Unavailable != nil {
			continue
		}
		if d.Settings != "" {
			fmt.Printf("# %s: %s\n", v.Name, strings.ReplaceAll(d.Settings, "\n", "; "))
		}
		for _, e := range d.Exceptions {
			fmt.Printf("# %s does not keep the rule %s: %s\n", v.Name, e.Rule, strings.ReplaceAll(e.Reason, "\n", "; "))
		}
	}
}

// PrintMissing lists the counters that are not available, one line for each
// reason.
func PrintMissing(missing []usage.Missing) {
	if off() {
		return
	}
	byReason := map[string][]string{}
	for _, m := range missing {
		byReason[m.Why] = append(byReason[m.Why], m.Key)
	}
	for _, why := range slices.Sorted(maps.Keys(byReason)) {
		fmt.Printf("# not counted: %s: %s\n", strings.Join(byReason[why], ", "), why)
	}
}

func env(key, unset string) string { return cmp.Or(os.Getenv(key), unset) }

// readLine returns the first line of a file, or "" if it cannot be read.
func readLine(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

// cpuModel returns Linux's name of the processor, or "".
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
