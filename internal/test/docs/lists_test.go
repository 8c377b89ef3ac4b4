package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// firstCells returns what is quoted in the first cells of the rows of a document's tables.
func firstCells(text string) (names []string) {
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, match := range quoted.FindAllStringSubmatch(cells[1], -1) {
				names = append(names, match[1])
			}
		}
	}
	return names
}

// TestDesignListsInternalPackages compares the table of docs/design.md with the folders.
func TestDesignListsInternalPackages(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "docs/design.md"), "| internal package |")
	table, _, _ = strings.Cut(table, "\n\n")
	listed := firstCells(table)
	root := filepath.Join("..", "..")
	for _, name := range listed {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Errorf("docs/design.md lists internal/%s, which does not exist", name)
		}
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "test" && !slices.Contains(listed, entry.Name()) {
			t.Errorf("docs/design.md does not list internal/%s", entry.Name())
		}
	}
}

// TestFuzzTargetsAreListed compares the table of docs/tested.md with the fuzz targets.
func TestFuzzTargetsAreListed(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "docs/tested.md"), "| target |")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 && strings.Contains(line, "Fuzz") {
			listed = append(listed, strings.ReplaceAll(strings.TrimSpace(cells[1]), "`", ""))
		}
	}
	declared := fuzzTargets(t)
	for _, target := range listed {
		if !slices.Contains(declared, target) {
			t.Errorf("docs/tested.md lists %s, which does not exist", target)
		}
	}
	for _, target := range declared {
		if !slices.Contains(listed, target) {
			t.Errorf("docs/tested.md does not list %s", target)
		}
	}
}

// fuzzTargets returns the fuzz targets of all packages, such as "payload FuzzWire".
func fuzzTargets(t *testing.T) (targets []string) {
	t.Helper()
	fuzz := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		for _, match := range fuzz.FindAllStringSubmatch(string(text), -1) {
			targets = append(targets, filepath.ToSlash(dir)+" "+match[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return targets
}
