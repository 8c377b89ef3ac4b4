package echobench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAsATestDependency uses the suite as another repository does: a module
// with a transport of its own, no TestMain, and none of our protocols.
func TestAsATestDependency(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copyFile(t, filepath.Join(dir, "own_test.go"), "testdata/consumer/own_test.go")
	copyFile(t, filepath.Join(dir, "go.sum"), "go.sum")
	mod := fmt.Sprintf("module example.com/own\n\ngo 1.25.0\n\nrequire github.com/echobench/echobench v0.0.0\n\nreplace github.com/echobench/echobench => %s\n", root)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o666); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0")
		cmd.WaitDelay = time.Second
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}

	for _, flags := range [][]string{{"-v", "-run=."}, {"-run=^$", "-bench=.", "-benchtime=1x"}} {
		out := run(append([]string{"test"}, append(flags, ".")...)...)
		if flags[0] == "-v" {
			if !strings.Contains(out, "--- PASS: TestConformance/") {
				t.Errorf("no conformance check ran:\n%s", out)
			}
			continue
		}
		if s := checkResults(t, "consumer", strings.NewReader(out)); len(s.cells) != 25 {
			t.Errorf("%d cells, want 25:\n%s", len(s.cells), out)
		}
		if !strings.Contains(out, "# modules: ") || !strings.Contains(out, "google.golang.org/protobuf v") {
			t.Errorf("no module versions in:\n%s", out)
		}
	}
	for _, heavy := range []string{"pebbe/zmq4", "valyala/gorpc", "google.golang.org/grpc"} {
		if deps := run("list", "-deps", "-test", "."); strings.Contains(deps, heavy) {
			t.Errorf("a consumer compiles %s", heavy)
		}
		if text := readFile(t, filepath.Join(dir, "go.mod")); strings.Contains(text, heavy) {
			t.Errorf("a consumer's go.mod requires %s:\n%s", heavy, text)
		}
	}
}

// TestREADMEShowsTheConsumer keeps the README's code the one that is tested.
func TestREADMEShowsTheConsumer(t *testing.T) {
	_, code, ok := strings.Cut(readFile(t, "testdata/consumer/own_test.go"), "// Own echoes")
	if !ok {
		t.Fatal("the consumer has no Own")
	}
	if !strings.Contains(readFile(t, "README.md"), "// Own echoes"+code) {
		t.Error("the README's transport is not the one in testdata/consumer")
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	if err := os.WriteFile(to, []byte(readFile(t, from)), 0o666); err != nil {
		t.Fatal(err)
	}
}
