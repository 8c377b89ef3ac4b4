//go:build unix

package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// indented matches a line of a document that is a command.
var indented = regexp.MustCompile(`(?m)^    (.*)$`)

// block matches a block of Go code.
var block = regexp.MustCompile("(?s)```go\n(.*?)```")

// section returns the section of a document with the given heading.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "## "+heading+"\n")
	if !found {
		t.Fatalf("docs/ci.md has no section %q", heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

// TestAdoption follows docs/ci.md to the letter in new modules of several ages. The gate
// passes without a change and fails with twice the allocations. With ECHOBENCH_LONG=every,
// which make commands sets, there are more ages.
func TestAdoption(t *testing.T) {
	testkit.Long(t)
	root := moduleRoot(t)
	text, err := os.ReadFile(filepath.Join(root, "docs", "ci.md"))
	if err != nil {
		t.Fatal(err)
	}
	directives := []string{"1.21"}
	if testkit.IsEvery() {
		directives = []string{"1.15", "1.21", "1.24.0", "1.25.0"}
	}
	env := proxyEnv(t, root)
	for _, way := range []struct {
		heading, file string
		changes       bool // the module's go.mod
	}{{"Three lines", "gate_test.go", true}, {"A module that must not change", "internal/gate/gate_test.go", false}} {
		for _, directive := range directives {
			t.Run(way.heading+"/"+directive, func(t *testing.T) {
				steps := section(t, string(text), way.heading)
				commands, code := indented.FindAllStringSubmatch(steps, -1), block.FindStringSubmatch(steps)
				if len(commands) != 2 || code == nil {
					t.Fatalf("got %d commands and the code %q, want two commands and a file", len(commands), code)
				}
				adopt(t, newRunner(t, newOwn(t, directive), env...), commands[0][1], way.file, code[1], commands[1][1], way.changes)
			})
		}
	}
}

// newOwn writes a module with a benchmark of allocations.
func newOwn(t *testing.T, directive string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/own\n\ngo " + directive + "\n",
		"own.go":      "package own\n\n// Parse allocates.\nfunc Parse() (all [2][]byte) {\n\tfor i := 0; i < 1; i++ {\n\t\tall[i] = make([]byte, 100)\n\t}\n\treturn all\n}\n",
		"own_test.go": "package own\n\nimport \"testing\"\n\nvar sink [2][]byte\n\nfunc BenchmarkParse(b *testing.B) {\n\tfor i := 0; i < b.N; i++ {\n\t\tsink = Parse()\n\t}\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// adopt runs the steps.
func adopt(t *testing.T, r runner, get, file, code, gate string, changes bool) {
	t.Helper()
	r.must(t, "git init -q -b main . && "+commit)
	before, err := os.ReadFile(filepath.Join(r.dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	r.must(t, get)
	code = strings.Replace(code, "Bench:", "Sample: 1e6, OneLayout: true, Bench:", 1) // quicker
	if err := os.WriteFile(filepath.Join(r.dir, file), []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	r.must(t, commit)
	if after, err := os.ReadFile(filepath.Join(r.dir, "go.mod")); err != nil || (string(after) != string(before)) != changes {
		t.Errorf("go.mod was\n%s\nand is, %v,\n%s\nwant a change: %t", before, err, after, changes)
	}
	gate = strings.Replace(gate, " test ", " test -v ", 1)
	if result := r.run(t, gate, false); !strings.Contains(result.output, "allocs/op Parse") {
		t.Errorf("no row of allocations: %v\n%s", result.err, result.output)
	} else if regexp.MustCompile(`(?m)slower +\S.* allocs/op`).MatchString(result.output) {
		t.Errorf("the allocations of an unchanged module are slower:\n%s", result.output)
	}
	own := filepath.Join(r.dir, "own.go")
	text, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, []byte(strings.Replace(string(text), "i < 1", "i < 2", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if result := r.run(t, gate, false); result.err == nil || !strings.Contains(result.output, "allocs/op is slower than before: 1 -> 2") {
		t.Errorf("twice the allocations: %v\n%s", result.err, result.output)
	}
}
