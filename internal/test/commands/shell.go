package commands

import (
	"fmt"
	"strings"
)

// A statement is one program with its arguments in a line of the shell.
type statement struct {
	env    []string // the assignments before the program, such as GOGC=25
	words  []string // the program and its arguments, without quotes
	output string   // the file to which > redirects
	end    string   // the operator that follows: "", ";", "&", "&&", "||" or "|"
}

// parseShell splits a line of the shell into statements. It knows what the documents
// use: words, quotes, assignments, redirection of the output, and operators.
func parseShell(line string) (statements []statement, err error) {
	var s statement
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimLeft(rest, " ") {
		if operator := operatorOf(rest); operator != "" {
			rest = rest[len(operator):]
			s.end = operator
			statements = append(statements, s)
			s = statement{}
			continue
		}
		redirect := strings.HasPrefix(rest, ">")
		var word string
		if word, rest, err = cutWord(strings.TrimLeft(rest, "> ")); err != nil {
			return nil, err
		}
		switch name, _, assigns := strings.Cut(word, "="); {
		case redirect:
			s.output = word
		case assigns && len(s.words) == 0 && !strings.ContainsAny(name, "/-."):
			s.env = append(s.env, word)
		default:
			s.words = append(s.words, word)
		}
	}
	if len(s.words) > 0 || len(s.env) > 0 {
		statements = append(statements, s)
	}
	return statements, nil
}

// operatorOf returns the operator at the beginning of the text, or "".
func operatorOf(text string) string {
	for _, operator := range []string{"&&", "||", "|", ";", "&"} {
		if strings.HasPrefix(text, operator) {
			return operator
		}
	}
	return ""
}

// cutWord returns the first word of the text without its quotes, and what follows it.
func cutWord(text string) (word, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '|', ';', '&', '>':
			return b.String(), text[i:], nil
		case '\'', '"':
			quoted, _, closed := strings.Cut(text[i+1:], string(c))
			if !closed {
				return "", "", fmt.Errorf("commands: %s is not closed in %q", string(c), text)
			}
			b.WriteString(quoted)
			i += len(quoted) + 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", nil
}

// String returns the statement as the shell reads it.
func (s statement) String() string {
	var parts []string
	for _, assignment := range s.env {
		name, value, _ := strings.Cut(assignment, "=")
		parts = append(parts, name+"="+quote(value))
	}
	for _, word := range s.words {
		parts = append(parts, quote(word))
	}
	if s.output != "" {
		parts = append(parts, ">", quote(s.output))
	}
	if s.end != "" {
		parts = append(parts, s.end)
	}
	return strings.Join(parts, " ")
}

// quote quotes a word for the shell, unless it is a variable.
func quote(word string) string {
	if strings.HasPrefix(word, "$") && !strings.ContainsAny(word, " ()|") || word != "" && strings.Trim(word, safe) == "" {
		return word
	}
	return "'" + word + "'"
}

const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%"

// isControl reports whether a statement is a part of the shell's own language.
func (s statement) isControl() bool {
	if len(s.words) == 0 {
		return true
	}
	switch s.words[0] {
	case "while", "do", "done", ":", "kill":
		return true
	}
	return false
}
