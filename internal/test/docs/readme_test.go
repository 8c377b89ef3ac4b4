package docs

import (
	"strings"
	"testing"
)

// TestREADMEIsShort keeps README.md at a length that is read.
func TestREADMEIsShort(t *testing.T) {
	const limit = 120
	if n := strings.Count(read(t, "README.md"), "\n"); n > limit {
		t.Errorf("README.md has %d lines, want %d at most", n, limit)
	}
}

// TestREADMEShowsTheConsumer compares the README's Go code with the code of the module
// that a test runs as an importer's.
func TestREADMEShowsTheConsumer(t *testing.T) {
	_, after, ok := strings.Cut(read(t, "README.md"), "```go\n")
	code, _, closed := strings.Cut(after, "```")
	if !ok || !closed {
		t.Fatal("the README shows no Go code")
	}
	if !strings.Contains(read(t, "testdata/consumer/own_test.go"), code) {
		t.Error("the README's code is not the one in testdata/consumer/own_test.go")
	}
}

// TestMinimumVersions compares the table of docs/requirements.md with go.mod.
func TestMinimumVersions(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "docs/requirements.md"), "| module | at least |")
	table, _, _ = strings.Cut(table, "\n\n")
	requirements := read(t, "go.mod")
	stated := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue // the rest of the heading
		}
		name, versions := strings.TrimSpace(cells[1]), strings.Split(strings.TrimSpace(cells[2]), ", ")
		for i, module := range strings.Split(name, ", ") {
			want := module + " v" + versions[min(i, len(versions)-1)]
			switch {
			case module == "Go":
				want = "go " + versions[0] + "\n"
			case strings.HasPrefix(module, "x/"):
				want = "golang.org/" + want
			case !strings.Contains(module, ".") || strings.Contains(versions[0], "go.mod"):
				continue // the heading, or a row without a version
			}
			if stated++; !strings.Contains(requirements, want) {
				t.Errorf("docs/requirements.md states %q, which go.mod does not require", want)
			}
		}
	}
	if stated < 8 {
		t.Errorf("the table has %d versions, want 8 or more", stated)
	}
}
