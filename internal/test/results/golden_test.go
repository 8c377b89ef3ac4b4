package results_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/small.golden again")

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
	if *update {
		if err := os.WriteFile("testdata/small.golden", got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/small.golden")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("benchstat of testdata/small.txt:\n%s\nwant testdata/small.golden:\n%s", got, want)
	}
}
