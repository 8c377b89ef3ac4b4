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

// TestDesignListsInternalPackages compares the tables of docs/design.md with the folders
// in internal.
func TestDesignListsInternalPackages(t *testing.T) {
	text := read(t, "docs/design.md")
	_, rooms, _ := strings.Cut(text, "| room |")
	rooms, _, _ = strings.Cut(rooms, "\n\n")
	for line := range strings.Lines(rooms) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		if room := strings.Trim(cells[1], " `"); room != "test" && room != "sample" {
			sameNames(t, "internal/"+room, quotedIn(cells[3]))
		}
	}
	_, table, _ := strings.Cut(text, "| package in `internal/test` |")
	table, _, _ = strings.Cut(table, "\n\n")
	var tests []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			tests = append(tests, quotedIn(cells[1])...)
		}
	}
	sameNames(t, "internal/test", tests)
}

// TestDesignNamesFiles: a file that docs/design.md names with its folder exists.
func TestDesignNamesFiles(t *testing.T) {
	count := 0
	for _, name := range quotedIn(read(t, "docs/design.md")) {
		if !strings.Contains(name, "/") || !strings.HasSuffix(name, ".go") {
			continue
		}
		count++
		if _, err := os.Stat(filepath.Join("..", "..", "..", filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	if count < 20 {
		t.Errorf("docs/design.md names %d files with their folders, want 20 or more", count)
	}
}

// quotedIn returns what is in backquotes.
func quotedIn(text string) (names []string) {
	for _, match := range quoted.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}

// sameNames compares the packages that docs/design.md lists for a folder with its folders.
func sameNames(t *testing.T, folder string, listed []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("..", "..", "..", filepath.FromSlash(folder)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(listed)
	if !slices.Equal(listed, names) {
		t.Errorf("docs/design.md lists %q in %s, want %q", listed, folder, names)
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
