package commands

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rejected lists text of the documents that looks like a command, but that readers do
// not type.
var rejected = map[string]string{
	"go get -u":         "the documents warn of it",
	"go test":           "the program, and not a command",
	"go tool benchstat": "the same",
	"go get -tool golang.org/x/perf/cmd/benchstat": "it raises the importer's go directive, and docs/requirements.md says so",
}

// forImporters reports whether a command is typed in the module of an importer: those of
// sections that get the module, and of the documentation of packages for importers.
func forImporters(all []Command, c Command) bool {
	if c.File == "echotest/echotest.go" || strings.Contains(c.Text, "TestNotSlower") {
		return true
	}
	for _, other := range all {
		if other.File == c.File && other.Section == c.Section && strings.HasPrefix(other.Text, "go get "+module) {
			return true
		}
	}
	return false
}

// typed returns the commands that readers type.
func typed(t *testing.T, root string) (commands []Command) {
	t.Helper()
	all, err := Find(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Inline && rejected[c.Text] != "" {
			continue
		}
		commands = append(commands, c)
	}
	return commands
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestCommandsExist checks that the shell can parse each command, and that the packages,
// flags, names of benchmarks and tests, targets and files in it exist.
func TestCommandsExist(t *testing.T) {
	root := moduleRoot(t)
	commands := typed(t, root)
	if len(commands) < 50 {
		t.Errorf("found %d commands, want 50 or more: are the documents still read?", len(commands))
	}
	targets, err := readMakefile(root)
	if err != nil {
		t.Fatal(err)
	}
	var c *checker
	packages := map[string]testPackage{}
	for i, cmd := range commands {
		if i == 0 || cmd.File != commands[i-1].File {
			c = &checker{root: root, targets: targets, binaries: map[string]string{}, packages: packages}
		}
		c.importer = forImporters(commands, cmd)
		if err := c.check(cmd.Text); err != nil {
			t.Errorf("%s:%d: %s\n%v", cmd.File, cmd.Line, cmd.Text, err)
		}
	}
}

// TestShellParses has the shell parse all commands, without running them.
func TestShellParses(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	commands := typed(t, moduleRoot(t))
	var script strings.Builder
	for _, cmd := range commands {
		script.WriteString(cmd.Text + "\n")
	}
	if exec.CommandContext(ctx, sh, "-n", "-c", script.String()).Run() == nil {
		return
	}
	for _, cmd := range commands {
		if out, err := exec.CommandContext(ctx, sh, "-n", "-c", cmd.Text).CombinedOutput(); err != nil {
			t.Errorf("%s:%d: %s\n%v: %s", cmd.File, cmd.Line, cmd.Text, err, out)
		}
	}
}
