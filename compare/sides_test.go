//go:build unix

package compare

import (
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// TestSidesAreEqual: a process cannot tell on which side it is by the size of what lies
// above its stack, which is its arguments and its environment, nor by the lengths of its
// paths, its file system, or what an earlier process has left in its folder.
func TestSidesAreEqual(t *testing.T) {
	m := newModule(t, map[string]string{
		"go.mod": ownFiles["go.mod"],
		"own_test.go": `package own

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func BenchmarkSize(b *testing.B) {
	size := 0
	for _, text := range append(os.Environ(), os.Args...) {
		size += len(text) + 1
	}
	path, _ := filepath.Abs(".")
	_, file, _, _ := runtime.Caller(0)
	var info syscall.Stat_t
	if err := syscall.Stat(".", &info); err != nil {
		b.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(size), "size-bytes")
	b.ReportMetric(float64(len(path)), "dir-bytes")
	b.ReportMetric(float64(len(file)), "file-bytes")
	b.ReportMetric(float64(info.Dev), "device")
	b.ReportMetric(float64(len(entries)), "entries")
	if err := os.WriteFile("result", nil, 0o666); err != nil {
		b.Fatal(err)
	}
}
`,
	})
	deep := module{m.dir + "/a-folder-with-a-long-name"}
	for _, name := range []string{"go.mod", "own_test.go"} {
		deep.write(t, name, readFile(t, m.dir, name))
	}
	m.commit(t)
	m.git(t, "tag", "-f", "base")
	type row struct {
		name     string
		old, new Build
	}
	rows := []row{{"revision and working tree", Build{Rev: "base"}, Build{}}}
	if testkit.IsLong() {
		rows = append(rows, row{"modules of one repository", Build{Dir: deep.dir}, Build{}})
	}
	for _, c := range rows {
		config := short()
		config.Old, config.New, config.Units = c.old, c.new, strings.Fields("size-bytes dir-bytes file-bytes device entries")
		_, result, err := run(t, config)
		if err != nil || len(result.Rows) != len(config.Units) {
			t.Fatalf("%s: got %v, %v, want a row of each unit", c.name, result, err)
		}
		for _, row := range result.Rows {
			if row.Unit == "entries" && c.name != "revision and working tree" {
				continue
			}
			if row.Old != row.New || row.Placebo.Ratio != 1 {
				t.Errorf("%s: %s is %v on old and %v on new, the placebo's ratio %v; want equal values", c.name, row.Unit, row.Old, row.New, row.Placebo.Ratio)
			}
		}
	}
}
