package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	linked  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mention = regexp.MustCompile(`\b(?:\w+/)?(?:docs|testdata|internal|scripts)/[\w./-]*\w`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fenced  = regexp.MustCompile("(?s)```.*?```|(?m)^    .*$")
)

// TestLinks checks that each relative link of the documents leads to a file, and its
// anchor to a heading, and that files of this repository that a document names exist.
func TestLinks(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	var names []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		matches, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, matches...)
	}
	for _, name := range names {
		text := markdownOf(t, name)
		for _, match := range linked.FindAllStringSubmatch(text, -1) {
			if to := match[1]; !strings.Contains(to, "://") {
				checkLink(t, name, to)
			}
		}
		for _, file := range mention.FindAllString(text, -1) {
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s names %s, which does not exist", name, file)
			}
		}
	}
	checkIndex(t, names)
}

// checkLink checks a relative link of the document.
func checkLink(t *testing.T, name, to string) {
	t.Helper()
	file, anchor, _ := strings.Cut(to, "#")
	target := filepath.Join(filepath.Dir(name), file)
	if file == "" {
		target = name
	}
	if _, err := os.Stat(target); err != nil {
		t.Errorf("%s links to %s, which does not exist", name, to)
	} else if anchor != "" && !slices.Contains(anchors(markdownOf(t, target)), anchor) {
		t.Errorf("%s links to %s, which has no such heading", name, to)
	}
}

// checkIndex checks that docs/README.md links to every page.
func checkIndex(t *testing.T, names []string) {
	t.Helper()
	index := read(t, "docs/README.md")
	for _, name := range names {
		page := filepath.Base(name)
		if filepath.Base(filepath.Dir(name)) == "docs" && page != "README.md" && !strings.Contains(index, "]("+page+")") {
			t.Errorf("docs/README.md does not list %s", page)
		}
	}
}

// markdownOf returns a document without its blocks of code.
func markdownOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return fenced.ReplaceAllString(string(text), "")
}

// anchors returns the anchors that GitHub gives to the headings of a document.
func anchors(text string) (names []string) {
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
				return r
			}
			return -1
		}, strings.ToLower(match[1]))
		names = append(names, name)
	}
	return names
}
