package compare

import (
	"path/filepath"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// TestSidesAreEqual: what lies above a process's stack, which is its arguments and its
// environment, has the same size on all sides, although they run in folders whose
// names have different lengths.
func TestSidesAreEqual(t *testing.T) {
	m := newModule(t, map[string]string{
		"go.mod": ownFiles["go.mod"],
		"own_test.go": `package own

import (
	"os"
	"testing"
)

func BenchmarkSize(b *testing.B) {
	size := 0
	for _, text := range append(os.Environ(), os.Args...) {
		size += len(text) + 1
	}
	b.ReportMetric(float64(size), "size-bytes")
	b.ReportMetric(float64(len(os.Getenv("PWD"))), "dir-bytes")
}
`,
	})
	long := filepath.Join(m.dir, "a-folder-with-a-long-name")
	for _, name := range []string{"go.mod", "own_test.go"} {
		module{long}.write(t, name, readFile(t, m.dir, name))
	}
	type row struct {
		name     string
		old, new Build
	}
	rows := []row{{"revision and working tree", Build{Rev: "base"}, Build{}}}
	if testkit.IsLong() {
		rows = append(rows, row{"long and short", Build{Dir: long}, Build{}}, row{"short and long", Build{}, Build{Dir: long}})
	}
	for _, c := range rows {
		config := short()
		config.Old, config.New, config.Units = c.old, c.new, []string{"size-bytes", "dir-bytes"}
		_, result, err := run(t, config)
		if err != nil || len(result.Rows) != 2 {
			t.Fatalf("%s: got %v, %v, want two rows", c.name, result, err)
		}
		for _, row := range result.Rows {
			if equal := row.Old == row.New && row.Placebo.Ratio == 1; equal != (row.Unit == "size-bytes") {
				t.Errorf("%s: %s is %v on old and %v on new, the placebo's ratio %v; want only dir-bytes to differ", c.name, row.Unit, row.Old, row.New, row.Placebo.Ratio)
			}
		}
	}
}
