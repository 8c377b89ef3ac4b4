package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A Command is a command of a document, as its reader types it.
type Command struct {
	File, Section string // the document, relative to the module's root, and the heading above
	Line          int
	Text          string // without a trailing comment
	Inline        bool   // within a sentence, and not on a line of its own
}

// Documents returns the names of all files below root that may have commands.
func Documents(root string) (names []string, err error) {
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		matches, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		names = append(names, matches...)
	}
	err = filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "results") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			names = append(names, name)
		}
		return nil
	})
	for i := range names {
		names[i], _ = filepath.Rel(root, names[i])
	}
	return names, err
}

// Find returns all commands of the documents below root, in the order of the documents.
func Find(root string) (found []Command, err error) {
	names, err := Documents(root)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		of := inMarkdown
		if strings.HasSuffix(name, ".go") {
			of = inGo
		}
		for _, c := range of(string(text)) {
			c.File = filepath.ToSlash(name)
			found = append(found, c)
		}
	}
	return found, nil
}

// command matches the beginning of what is taken for a command.
var command = regexp.MustCompile(`^(\w+=\S* )*(go (test|tool|get|install|mod|vet|run|build)\b|git (clone|-c)\b|(make|benchstat|cd)( |$)|while :|\.ci/run|results/bin/)`)

// inGo returns the commands in the indented lines of comments.
func inGo(text string) (found []Command) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		if code, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "//\t"); ok && command.MatchString(code) {
			found = append(found, Command{Line: number, Text: withoutComment(code)})
		}
	}
	return found
}

// A markdown is a document that is read line by line.
type markdown struct {
	found     []Command
	section   string
	fence     string // the language of the fenced block, or "none", while in one
	open      string // a line of code that ends with a backslash
	paragraph string // the lines of the present paragraph
	number    int    // of the present line
}

func inMarkdown(text string) []Command {
	var m markdown
	for line := range strings.Lines(text) {
		m.number++
		m.line(strings.TrimRight(line, "\r\n"))
	}
	m.endParagraph()
	return m.found
}

// line reads the next line.
func (m *markdown) line(line string) {
	language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
	switch {
	case fence && m.fence == "":
		m.endParagraph()
		if m.fence = language; language == "" {
			m.fence = "sh"
		}
	case fence:
		m.fence = ""
	case m.fence == "sh":
		m.code(line)
	case m.fence == "yaml":
		if _, run, ok := strings.Cut(line, "run: "); ok {
			m.code(run)
		}
	case m.fence != "":
	case strings.HasPrefix(line, "    ") && m.paragraph == "":
		m.code(line)
	case strings.HasPrefix(line, "#"):
		m.endParagraph()
		m.section = strings.TrimLeft(line, "# ")
	case strings.TrimSpace(line) == "":
		m.endParagraph()
	default:
		if strings.HasPrefix(line, "|") {
			line = strings.ReplaceAll(line, `\|`, "|")
		}
		m.paragraph += line + "\n"
	}
}

// code reads a line of a block of code.
func (m *markdown) code(line string) {
	line = m.open + strings.TrimSpace(line)
	m.open = ""
	if rest, ok := strings.CutSuffix(line, `\`); ok {
		m.open = rest
		return
	}
	if command.MatchString(line) {
		m.found = append(m.found, Command{Section: m.section, Line: m.number, Text: withoutComment(line)})
	}
}

var inlineCode = regexp.MustCompile("`[^`]+`")

// endParagraph reads the inline code of the paragraph that ends before the present line.
func (m *markdown) endParagraph() {
	first := m.number - strings.Count(m.paragraph, "\n")
	for _, at := range inlineCode.FindAllStringIndex(m.paragraph, -1) {
		text := strings.ReplaceAll(m.paragraph[at[0]+1:at[1]-1], "\n", " ")
		if command.MatchString(text) {
			line := first + strings.Count(m.paragraph[:at[0]], "\n")
			m.found = append(m.found, Command{Section: m.section, Line: line, Text: text, Inline: true})
		}
	}
	m.paragraph = ""
}

// withoutComment removes a comment of the shell from the end of a line.
func withoutComment(line string) string {
	quote := rune(0)
	for i, c := range line {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '#' && i > 0 && line[i-1] == ' ':
			return strings.TrimSpace(line[:i])
		}
	}
	return strings.TrimSpace(line)
}
