package compare

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// gateTest is the three-line gate in a module's own test file, with short samples. The
// environment may name a further unit, and more rounds.
const gateTest = `package own

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/echobench/echobench/compare"
)

func TestNotSlower(t *testing.T) {
	units := []string{"steps/op", "allocs/op"}
	if unit := os.Getenv("GATE_UNIT"); unit != "" {
		units = append(units, unit)
	}
	rounds, _ := strconv.Atoi(os.Getenv("GATE_ROUNDS"))
	compare.Gate(t, compare.Config{Package: os.Getenv("GATE_PACKAGE"), Bench: "Loop", Units: units, MinRounds: max(6, rounds), Sample: time.Millisecond, OneLayout: true})
}
`

// gateFiles are a package with the gate.
var gateFiles = map[string]string{"own.go": ownFiles["own.go"], "own_test.go": ownFiles["own_test.go"], "gate_test.go": gateTest}

// newGate creates a module that has a package with a gate below its root, and returns
// the gate's test binary.
func newGate(t *testing.T, pkg map[string]string) (m module, gate string) {
	t.Helper()
	root, err := moduleRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	const us = "github.com/echobench/echobench"
	files := map[string]string{
		"go.mod":               ownFiles["go.mod"] + "\nrequire " + us + " v0.0.0\n\nreplace " + us + " => " + root + "\n",
		"go.sum":               readFile(t, root, "go.sum"),
		"other/nothing.go":     "package other\n",
		"testdata/nothing.txt": "",
	}
	for name, text := range pkg {
		files["work/"+name] = text
	}
	t.Setenv("GOFLAGS", "-mod=mod")
	m = newModule(t, files)
	t.Chdir(filepath.Join(m.dir, "work"))
	return m, module{filepath.Join(m.dir, "work")}.build(t, "gate.test")
}

// runGate runs the gate with the base, and returns its output.
func runGate(t *testing.T, gate, base string, args ...string) (out string, passed bool) {
	t.Helper()
	cmd := exec.Command(gate, append([]string{"-test.run=^TestNotSlower$", "-test.v"}, args...)...)
	cmd.Env = append(os.Environ(), baseEnv+"="+base)
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return text.String(), err == nil
}

func TestGate(t *testing.T) {
	m, gate := newGate(t, gateFiles)
	checkGateMistakes(t, gate)
	out, passed := runGate(t, gate, "")
	if !passed || !strings.Contains(out, "--- SKIP: TestNotSlower") || !strings.Contains(out, "set ECHOBENCH_COMPARE_BASE to a git revision") {
		t.Errorf("without a base: passed %v:\n%s", passed, out)
	}
	if testkit.IsLong() { // TestComment is quicker
		m.edit(t, "work/own.go", "func Work", "// Work works.\nfunc Work")
		out, passed = runGate(t, gate, "base")
		if !passed || strings.Count(out, " same") < 2 {
			t.Errorf("a comment: passed %v, want two verdicts same:\n%s", passed, out)
		}
	}
	if testkit.IsLong() {
		checkUnjudged(t, m, gate)
	}
	m.edit(t, "work/own.go", "range n", "range 2 * n")
	out, passed = runGate(t, gate, "base")
	const slower = "is slower than before: 1 -> 2, ratio 2.0000 [2.0000, 2.0000]"
	if passed || strings.Count(out, slower) != 2 {
		t.Errorf("twice the work: passed %v, want two rows:\n%s", passed, out)
	}
	if testkit.IsLong() {
		checkNested(t, m, gate, slower)
	}
}

// checkNested checks that a gate in a nested module compares a package of the module
// around it.
func checkNested(t *testing.T, m module, gate, want string) {
	t.Helper()
	m.write(t, "internal/gate/go.mod", "module gate\n\ngo 1.25.0\n")
	t.Chdir(filepath.Join(m.dir, "internal", "gate"))
	t.Setenv("GATE_PACKAGE", "../../work")
	if out, passed := runGate(t, gate, "base"); passed || strings.Count(out, want) != 2 {
		t.Errorf("a nested module: passed %v, want two rows with %q:\n%s", passed, want, out)
	}
}

// checkUnjudged checks that a misspelt unit fails, and that new benchmarks do not: those
// of a new package, and those that were renamed.
func checkUnjudged(t *testing.T, m module, gate string) {
	t.Helper()
	t.Setenv("GATE_UNIT", "ns/opp")
	if out, passed := runGate(t, gate, "base"); passed || !strings.Contains(out, "unit ns/opp is not judged: no benchmark has it in both builds") {
		t.Errorf("a misspelt unit: passed %v:\n%s", passed, out)
	}
	t.Setenv("GATE_UNIT", "")
	for _, name := range []string{"own.go", "own_test.go", "gate_test.go"} {
		m.write(t, "added/"+name, readFile(t, m.dir, "work/"+name))
	}
	work, added := filepath.Join(m.dir, "work"), filepath.Join(m.dir, "added")
	t.Chdir(added)
	out, passed := runGate(t, gate, "base")
	if want := "only the new build has it: BenchmarkLoop"; !passed || !strings.Contains(out, want) || !strings.Contains(out, "# nothing was judged\n") {
		t.Errorf("a new package: passed %v, want %q:\n%s", passed, want, out)
	}
	t.Chdir(work)
	m.edit(t, "work/own_test.go", "BenchmarkLoop", "BenchmarkLooping")
	out, passed = runGate(t, gate, "base")
	for _, want := range []string{"only the old build has it: BenchmarkLoop", "only the new build has it: BenchmarkLooping", "# nothing was judged\n"} {
		if !passed || !strings.Contains(out, want) {
			t.Errorf("a renamed benchmark: passed %v, want %q:\n%s", passed, want, out)
		}
	}
	m.edit(t, "work/own_test.go", "BenchmarkLooping", "BenchmarkLoop")
}

func checkGateMistakes(t *testing.T, gate string) {
	t.Helper()
	for _, test := range []struct {
		name, base, want string
		args             []string
	}{
		{"revision", "nothing", `revision "nothing" is not in the repository`, nil},
		{"timeout", "base", "-timeout leaves no time for a comparison", []string{"-test.timeout=20s"}},
	} {
		if out, passed := runGate(t, gate, test.base, test.args...); passed || !strings.Contains(out, test.want) {
			t.Errorf("%s: passed %v, want a failure with %q:\n%s", test.name, passed, test.want, out)
		}
	}
}
