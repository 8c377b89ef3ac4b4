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

// gateTest is the three-line gate in a module's own test file, with short samples.
const gateTest = `package own

import (
	"testing"
	"time"

	"github.com/echobench/echobench/compare"
)

func TestNotSlower(t *testing.T) {
	compare.Gate(t, compare.Config{Bench: "Loop", Units: []string{"steps/op", "allocs/op"}, MinRounds: 6, Sample: time.Millisecond, OneLayout: true})
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
	m.edit(t, "work/own.go", "range n", "range 2 * n")
	out, passed = runGate(t, gate, "base")
	if passed || strings.Count(out, "is slower than before: 1 -> 2, ratio 2.0000 [2.0000, 2.0000]") != 2 {
		t.Errorf("twice the work: passed %v, want two rows:\n%s", passed, out)
	}
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
