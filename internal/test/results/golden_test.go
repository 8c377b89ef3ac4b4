package results_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// TestGoldenBenchstat shows that benchstat turns our output into one table a
// unit, with a column a protocol and no complaint: the README's recipe.
func TestGoldenBenchstat(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "tool", "benchstat", "-col", "/proto", "-row", "/size@num /par@num", "testdata/small.txt")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	got, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("benchstat: %v, stderr:\n%s", err, &stderr)
	}
	want, err := os.ReadFile("testdata/small.golden")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("benchstat of testdata/small.txt:\n%s\nwant testdata/small.golden:\n%s", got, want)
	}
}
