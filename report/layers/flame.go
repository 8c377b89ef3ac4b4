package layers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/echobench/echobench/report/internal/svg"
)

// A stack is what a number of samples have in common.
type stack struct {
	functions []string // the innermost first
	samples   int64
}

// WriteFlames writes a flame graph for each cell and end that has CPU profiles in the folder,
// as files in the folder named to. Their names are those of the profiles without the
// number of the sample, such as BenchmarkEcho_proto=tcp_size=4KiB_par=1.client.svg. A
// function has the colour of the layer for which its own time counts.
func WriteFlames(to, folder string) error {
	profiled, err := readFolder(folder)
	if err != nil {
		return fmt.Errorf("layers: %w", err)
	}
	for _, c := range profiled {
		if c.samples.total() == 0 {
			continue
		}
		name, end := c.split()
		if end == bothEnds {
			end = "both"
		}
		file := filepath.Join(to, strings.ReplaceAll(name, "/", "_")+"."+end+".svg")
		if err := os.WriteFile(file, []byte(c.flame()), 0o666); err != nil {
			return fmt.Errorf("layers: %w", err)
		}
	}
	return nil
}

// flame returns the flame graph of the cell.
func (c *cell) flame() string {
	name, end := c.split()
	f := svg.Flame{
		Title: fmt.Sprintf("%s, %s: processor time, %d samples", strings.TrimPrefix(name, "Benchmark"), end, c.samples.total()),
		Root:  &svg.Frame{Name: "all"},
	}
	for _, l := range order {
		f.Series = append(f.Series, string(l))
	}
	for _, s := range c.stacks {
		frame := f.Root
		frame.Samples += s.samples
		for i := range slices.Backward(s.functions) {
			frame = frame.Child(s.functions[i])
			frame.Samples += s.samples
			frame.Series = slices.Index(order[:], classify(s.functions[i:]))
		}
	}
	return f.Draw()
}

// connections are the packages of connections and of what connects them to the kernel.
var connections = []string{"net", "internal/poll", "syscall", "internal/runtime/syscall", "internal/runtime/syscall/linux", "runtime/internal/syscall"}

// frames returns the number of functions between the harness, or the start of the goroutine,
// and the kernel, in a stack that reads from a connection or writes to it. above is the
// number of those that call the connection. ok is false for other stacks.
func (s stack) frames() (all, above int, ok bool) {
	if len(s.functions) == 0 || s.functions[0] == futex || classify(s.functions) != kernel || !hasPrefixIn(s.functions, "internal/poll.(*FD).") {
		return 0, 0, false
	}
	all = slices.IndexFunc(s.functions, func(function string) bool { return packageLayer(packageOf(function)) == harness })
	if all < 0 {
		all = len(s.functions)
	}
	for i, function := range s.functions[:all] {
		if slices.Contains(connections, packageOf(function)) {
			above = all - i - 1
		}
	}
	return all, above, true
}

// hasPrefixIn reports whether one of the functions begins with the prefix.
func hasPrefixIn(functions []string, prefix string) bool {
	return slices.ContainsFunc(functions, func(function string) bool { return strings.HasPrefix(function, prefix) })
}

// depth describes the frames of the stacks that read and write: the median, the smallest
// and the largest number.
func (c *cell) depth(of func(all, above int) int) string {
	counts := map[int]int64{}
	var total int64
	for _, s := range c.stacks {
		if all, above, ok := s.frames(); ok {
			counts[of(all, above)] += s.samples
			total += s.samples
		}
	}
	if total == 0 {
		return "-"
	}
	var numbers []int
	for n := range counts {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var seen int64
	for _, n := range numbers {
		if seen += counts[n]; 2*seen >= total {
			return fmt.Sprintf("%d (%d to %d)", n, numbers[0], numbers[len(numbers)-1])
		}
	}
	return "-"
}
