package header

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestModulesAreThoseOfTheBinary: a binary that has been kept runs in a folder with
// another go.mod.
func TestModulesAreThoseOfTheBinary(t *testing.T) {
	required, err := exec.CommandContext(t.Context(), "go", "list", "-m", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("go.mod", []byte("module other\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	got := modules()
	if !slices.ContainsFunc(got, func(m string) bool { return strings.HasPrefix(m, "google.golang.org/protobuf v") }) {
		t.Errorf("modules %q, want protobuf among them", got)
	}
	for _, m := range got {
		if !strings.Contains(string(required), m+"\n") {
			t.Errorf("the module %s is not among those that are required:\n%s", m, required)
		}
	}
}

func TestUnescape(t *testing.T) {
	for path, want := range map[string]string{
		"go.uber.org/goleak":                     "go.uber.org/goleak",
		"github.com/!hdr!histogram/hdrhistogram": "github.com/HdrHistogram/hdrhistogram",
		"!a":                                     "A",
	} {
		if got := unescape(path); got != want {
			t.Errorf("unescape(%q) = %q, want %q", path, got, want)
		}
	}
}

// TestEachString has strings that lie across the ends of what is read at once.
func TestEachString(t *testing.T) {
	const count = 10_000
	var text strings.Builder
	for range count {
		text.WriteString("\x00" + strings.Repeat("a", 100) + "@v1\x00no mark")
	}
	found := map[int]bool{}
	n := 0
	if err := eachString(strings.NewReader(text.String()), "@v", func(s string) {
		n++
		found[len(s)] = true
	}); err != nil {
		t.Fatal(err)
	}
	if n < count || n > count+count/10 || len(found) != 1 || !found[103] {
		t.Errorf("found %d strings of lengths %v, want %d of 103 bytes, and a few of them twice", n, found, count)
	}
}

func TestGODEBUG(t *testing.T) {
	if got := godebug(); got == "" {
		t.Error("no text without a setting, want the binary's own settings or none")
	}
	t.Setenv("GODEBUG", "http2client=0")
	if got := godebug(); !strings.HasSuffix(got, "http2client=0") {
		t.Errorf("got %q, want that http2client=0 comes last", got)
	}
	if text := printed(t, printHost); !strings.Contains(text, "http2client=0, kernel ") || !strings.Contains(text, "# modules: ") {
		t.Errorf("the header has no GODEBUG or no modules:\n%s", text)
	}
}
