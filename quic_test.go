package echobench_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTransportOverUDP runs the conformance kit and a Suite on QUIC, in a module of
// its own.
func TestTransportOverUDP(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	c := consumer{t.TempDir()}
	for _, name := range []string{"quic.go", "server.go", "quic_test.go"} {
		c.write(t, name, readFile(t, filepath.Join("testdata", "quic", name)))
	}
	c.write(t, "go.sum", readFile(t, "go.sum"))
	c.write(t, "go.mod", strings.Replace(readFile(t, filepath.Join("testdata", "quic", "go.mod")), "../..", root, 1))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if out, err := c.goCommand(ctx, "mod", "download").CombinedOutput(); err != nil {
		t.Skipf("quic-go could not be downloaded: %v\n%s", err, out)
	}
	out := c.run(t, "test", "-v", "-run=.", ".")
	if n := strings.Count(out, "--- PASS: TestConformance/"); n < 30 || !strings.Contains(out, "were not made (-v prints the reasons): Batch, Pipeline, PipelineClose\n") {
		t.Errorf("%d conformance checks passed, want 30 or more, and no other skipped than those of batches and pipelines:\n%s", n, out)
	}
	out = c.run(t, "test", "-run=^$", "-bench=.", "-benchtime=1x", ".", "-size=64B", "-par=1,10")
	if s := checkResults(t, "quic", strings.NewReader(out)); len(s.cells) != 2 {
		t.Errorf("%d cells, want 2:\n%s", len(s.cells), out)
	}
}
