package consumer_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/results"
)

const (
	module = "github.com/echobench/echobench"
	root   = "../../.." // the folder of the module
)

// rootPath returns the absolute path of root.
func rootPath(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A consumer is a module that uses the suite as another repository does: it has a
// transport of its own and no TestMain, and imports none of our protocols.
type consumer struct{ dir string }

func newConsumer(t *testing.T) consumer {
	t.Helper()
	c := consumer{t.TempDir()}
	for _, name := range []string{"own.go", "own_test.go"} {
		c.write(t, name, readFile(t, filepath.Join(root, "testdata", "consumer", name)))
	}
	c.write(t, "go.sum", readFile(t, filepath.Join(root, "go.sum")))
	c.write(t, "go.mod", fmt.Sprintf("module example.com/own\n\ngo 1.25.0\n\nrequire %[1]s v0.0.0\n\nreplace %[1]s => %[2]s\n", module, rootPath(t)))
	return c
}

func (c consumer) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// run runs the go command in the module and returns its output.
func (c consumer) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := c.goCommand(t.Context(), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (c consumer) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0")
	cmd.WaitDelay = time.Second
	return cmd
}

func TestAsATestDependency(t *testing.T) {
	c := newConsumer(t)
	if out := c.run(t, "test", "-v", "-run=.", "."); !strings.Contains(out, "--- PASS: TestConformance/") {
		t.Errorf("no conformance check ran:\n%s", out)
	}
	out := c.run(t, "test", "-run=^$", "-bench=.", "-benchtime=1x", ".")
	if s := results.Check(t, "consumer", strings.NewReader(out)); len(s.Cells) != 25 {
		t.Errorf("%d cells, want 25:\n%s", len(s.Cells), out)
	}
	if !strings.Contains(out, "# modules: ") || !strings.Contains(out, "google.golang.org/protobuf v") {
		t.Errorf("no module versions in:\n%s", out)
	}
	out = c.run(t, "test", "-run=^$", "-bench=.", "-benchtime=1x", ".", "-size", "64B", "-par", "1,10")
	if s := results.Check(t, "consumer", strings.NewReader(out)); len(s.Cells) != 2 {
		t.Errorf("%d cells, want the 2 that the flags select:\n%s", len(s.Cells), out)
	}
	out = c.run(t, "test", "-run=^$", "-bench=MaxRate", "-benchtime=1x", ".", "-slo", "p50=1s", "-slo-time", "2s", "-par", "2")
	if !regexp.MustCompile(`(?m)^BenchmarkMaxRate/proto=own/size=64B/par=2/slo=p50=1s\S*\s.* max-ops/s$`).MatchString(out) {
		t.Errorf("no highest rate for -slo:\n%s", out)
	}
	deps, requirements := c.run(t, "list", "-deps", "-test", "."), readFile(t, filepath.Join(c.dir, "go.mod"))
	for _, heavy := range []string{"pebbe/zmq4", "valyala/gorpc", "google.golang.org/grpc"} {
		if strings.Contains(deps, heavy) {
			t.Errorf("a consumer compiles %s", heavy)
		}
		if strings.Contains(requirements, heavy) {
			t.Errorf("a consumer's go.mod requires %s:\n%s", heavy, requirements)
		}
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

// TestTransportOverUDP runs the conformance kit and a Suite on QUIC, in a module of
// its own.
func TestTransportOverUDP(t *testing.T) {
	c := consumer{t.TempDir()}
	for _, name := range []string{"quic.go", "server.go", "quic_test.go"} {
		c.write(t, name, readFile(t, filepath.Join(root, "testdata", "quic", name)))
	}
	c.write(t, "go.sum", readFile(t, filepath.Join(root, "go.sum")))
	c.write(t, "go.mod", strings.Replace(readFile(t, filepath.Join(root, "testdata", "quic", "go.mod")), "../..", rootPath(t), 1))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if out, err := c.goCommand(ctx, "mod", "download").CombinedOutput(); err != nil {
		t.Skipf("quic-go could not be downloaded: %v\n%s", err, out)
	}
	out := c.run(t, "test", "-v", "-run=.", ".")
	if n := strings.Count(out, "--- PASS: TestConformance/"); n < 30 || !strings.Contains(out, "were skipped (-v prints the reasons): Batch, Pipeline, PipelineClose\n") {
		t.Errorf("%d conformance checks passed, want 30 or more, and no other skipped than those of batches and pipelines:\n%s", n, out)
	}
	out = c.run(t, "test", "-run=^$", "-bench=.", "-benchtime=1x", ".", "-size=64B", "-par=1,10")
	if s := results.Check(t, "quic", strings.NewReader(out)); len(s.Cells) != 2 {
		t.Errorf("%d cells, want 2:\n%s", len(s.Cells), out)
	}
}
