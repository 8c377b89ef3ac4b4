package commands

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A checker checks the commands of a document, in their order.
type checker struct {
	root     string
	importer bool                // the commands are typed in the module of testdata/consumer
	dir      string              // the folder of the present line, relative to root, which cd changes
	files    []string            // that earlier commands have written
	binaries map[string]string   // test binaries that earlier commands have built, and their packages
	targets  map[string][]string // of the Makefile
	packages map[string]testPackage
}

// check checks all statements of a command.
func (c *checker) check(command string) error {
	statements, err := parseShell(command)
	if err != nil {
		return err
	}
	c.dir = "."
	if c.importer {
		c.dir = "testdata/consumer"
	}
	for i, s := range statements {
		if s.isControl() {
			continue
		}
		piped := i > 0 && statements[i-1].end == "|"
		if err := c.statement(s, piped); err != nil {
			return err
		}
		if s.output != "" {
			c.files = append(c.files, s.output)
		}
	}
	return nil
}

func (c *checker) statement(s statement, piped bool) error {
	program, args := s.words[0], s.words[1:]
	switch {
	case program == "cd" && len(args) == 1:
		return c.changeTo(args[0])
	case program == "tee" && piped:
		c.files = append(c.files, args...)
		return nil
	case program == "make":
		return c.make(args)
	case program == "git" && slices.Contains(args, "clone"):
		if url := args[len(args)-1]; url != repository {
			return fmt.Errorf("clones %s, want %s", url, repository)
		}
		return nil
	case program == "benchstat":
		return c.benchstat(args)
	case program == "go" && len(args) > 0:
		return c.goCommand(args[0], args[1:])
	case c.binaries[program] != "":
		return c.goTest(append([]string{c.binaries[program]}, args...))
	case program == ".ci/run" && len(args) == 0:
		return c.exists(program)
	}
	return fmt.Errorf("the program %s is not known here", program)
}

// changeTo changes the folder of the statements that follow in the line.
func (c *checker) changeTo(dir string) error {
	if dir == path.Base(module) && c.dir == "." {
		return nil // what git clone made
	}
	c.dir = path.Join(c.dir, dir)
	return c.exists(".")
}

// exists returns an error unless the file is in the repository or an earlier command of
// the document has written it.
func (c *checker) exists(name string) error {
	if slices.Contains(c.files, name) {
		return nil
	}
	_, err := os.Stat(filepath.Join(c.root, c.dir, name))
	return err
}

func (c *checker) goCommand(name string, args []string) error {
	switch name {
	case "test":
		return c.goTest(args)
	case "tool":
		if args[0] == "pprof" {
			return nil // it comes with Go, and its files are those of -profile
		}
		if args[0] != "benchstat" {
			return fmt.Errorf("go.mod has no tool %s", args[0])
		}
		return c.benchstat(args[1:])
	case "get":
		if len(args) != 1 || args[0] != module && args[0] != module+"/compare" {
			return fmt.Errorf("go get %s: only the module itself and its package compare have a place in the documents", args)
		}
		return nil
	case "install":
		if !strings.HasPrefix(args[0], benchstatPath+"@") {
			return fmt.Errorf("go install %s: want %s at a version", args[0], benchstatPath)
		}
		return nil
	case "mod":
		if args[0] != "tidy" {
			return fmt.Errorf("go mod %s is not known here", args[0])
		}
		return nil
	case "vet", "build":
		if len(args) == 0 {
			return fmt.Errorf("go %s: want a package", name)
		}
		return c.exists(strings.TrimSuffix(args[len(args)-1], "/..."))
	}
	return fmt.Errorf("go %s is not known here", name)
}

// goTest checks the arguments of go test.
func (c *checker) goTest(args []string) error {
	t, err := parseGoTest(args)
	if err != nil {
		return err
	}
	if t.value("bench") != "" && t.value("run") == "" && (t.packages[0] != "." || c.importer) {
		return errors.New("the tests of the package would run before its benchmarks: add -run '^$'")
	}
	if output := t.value("o"); output != "" {
		c.binaries[output] = t.packages[0]
	}
	dirs, err := c.folders(t.packages)
	if err != nil {
		return err
	}
	var packages []testPackage
	for _, dir := range dirs {
		p, err := c.read(dir)
		if err != nil {
			return err
		}
		packages = append(packages, p)
		if len(t.packages) == 1 && !strings.HasSuffix(t.packages[0], "...") {
			if err := c.flags(dir, p, t); err != nil {
				return err
			}
		} else if len(t.args) > 0 {
			return fmt.Errorf("%s for several packages", t.args)
		}
	}
	return patterns(t, packages)
}

// patterns checks the values of -bench, -run and -fuzz.
func patterns(t goTest, packages []testPackage) error {
	bench, run := t.value("bench"), t.value("run")
	var errs []error
	if bench != "" && bench != "." {
		errs = append(errs, matchFunctions(bench, "Benchmark", packages))
	}
	if run != "" && run != "^$" {
		errs = append(errs, matchFunctions(run, "Test", packages))
	}
	if fuzz := t.value("fuzz"); fuzz != "" {
		errs = append(errs, matchFunctions(fuzz, "Fuzz", packages))
	}
	return errors.Join(errs...)
}

// folders returns the folders of the packages, relative to root.
func (c *checker) folders(packages []string) (dirs []string, err error) {
	for _, name := range packages {
		if dir, all := strings.CutSuffix(name, "/..."); all {
			dirs = append(dirs, path.Join(c.dir, dir))
			continue
		}
		if !strings.HasPrefix(name, ".") {
			return nil, fmt.Errorf("the package %s does not begin with a dot", name)
		}
		if err := c.exists(name); err != nil {
			return nil, err
		}
		dirs = append(dirs, path.Join(c.dir, name))
	}
	return dirs, nil
}

// read returns the tests of a folder. Those of an importer's module include the gate of
// docs/ci.md, and the rules of the kit are names of subtests in every package.
func (c *checker) read(dir string) (testPackage, error) {
	if p, ok := c.packages[dir]; ok {
		return p, nil
	}
	p, err := readPackage(filepath.Join(c.root, dir))
	if err != nil {
		return p, err
	}
	if dir == "testdata/consumer" {
		p.functions = append(p.functions, "TestNotSlower")
	}
	for _, shared := range []string{"echotest", "internal/rules/trial"} {
		if dir == shared {
			continue
		}
		rules, ok := c.packages["rules of "+shared]
		if !ok {
			if rules, err = readPackage(filepath.Join(c.root, shared)); err != nil {
				return p, err
			}
			c.packages["rules of "+shared] = rules
		}
		p.literals = append(p.literals, rules.literals...)
	}
	c.packages[dir] = p
	return p, nil
}
