package commands

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A testPackage is what the tests of a package declare.
type testPackage struct {
	functions []string          // TestX, BenchmarkX, FuzzX and ExampleX
	flags     map[string]string // those that are declared one by one, and their types
	suite     bool              // it has the flags of echobench.NewFlags
	literals  []string          // string literals, which names of subtests are made of
}

var (
	function = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz|Example)\w*)\(`)
	flagName = regexp.MustCompile(`\bflag\.(String|Int|Bool|Duration|Uint64|Float64)\("([^"]+)"`)
	literal  = regexp.MustCompile("\"([^\"\\\\\n]*)\"")
)

// readPackage reads the tests in a folder.
func readPackage(dir string) (p testPackage, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		return p, fmt.Errorf("commands: no Go files in %s: %v", dir, err)
	}
	p.flags = map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return p, err
		}
		text := string(data)
		p.literals = append(p.literals, submatches(literal, text)...)
		if strings.HasSuffix(name, "_test.go") {
			p.functions = append(p.functions, submatches(function, text)...)
			for _, match := range flagName.FindAllStringSubmatch(text, -1) {
				p.flags[match[2]] = match[1]
			}
			p.suite = p.suite || strings.Contains(text, "= echobench.NewFlags(flag.CommandLine)")
		}
	}
	return p, nil
}

func submatches(pattern *regexp.Regexp, text string) (found []string) {
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

// splitPattern splits a pattern of -run or -bench at a separator that is outside
// of brackets.
func splitPattern(pattern string, separator rune) (parts []string) {
	depth, start := 0, 0
	for i, c := range pattern {
		switch {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == separator && depth == 0:
			parts = append(parts, pattern[start:i])
			start = i + 1
		}
	}
	return append(parts, pattern[start:])
}

// matchAny reports whether a regular expression matches one of the names.
func matchAny(pattern string, names []string) (bool, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if re.MatchString(name) {
			return true, nil
		}
	}
	return false, nil
}

// matchFunctions checks that each alternative of the first element of a pattern matches
// a function in one of the packages, and each further element a string literal.
func matchFunctions(pattern, prefix string, packages []testPackage) error {
	var functions, literals []string
	for _, p := range packages {
		literals = append(literals, p.literals...)
		for _, name := range p.functions {
			if strings.HasPrefix(name, prefix) || prefix == "Test" && !strings.HasPrefix(name, "Benchmark") {
				functions = append(functions, name)
			}
		}
	}
	for i, element := range splitPattern(pattern, '/') {
		candidates := functions
		if i > 0 {
			candidates = literals
		}
		for _, alternative := range splitPattern(element, '|') {
			if ok, err := matchAny(alternative, candidates); err != nil || !ok {
				return fmt.Errorf("%q of the pattern %q matches nothing: %v", alternative, pattern, err)
			}
		}
	}
	return nil
}
