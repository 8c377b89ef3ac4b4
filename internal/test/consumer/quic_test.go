package consumer_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/results"
)

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
