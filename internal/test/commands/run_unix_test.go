//go:build unix

package commands

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// maxFirst is how long after the end of a build a benchmark may print its first result.
const maxFirst = 10 * time.Second

// TestCommandsRun runs the commands of the README, shortened, in a fresh clone or in the
// module of an importer. Those that measure cells are first run as they are typed, until
// they have printed a result. With ECHOBENCH_LONG=every, which make commands sets, it runs
// those of all documents. Of commands that differ only in the values of flags the first
// one is run.
func TestCommandsRun(t *testing.T) {
	testkit.Long(t)
	clone := newClone(t)
	importer := newImporter(t, clone.dir)
	commands := typed(t, clone.dir)
	ready := sync.OnceFunc(func() { importer.must(t, "go get "+module+" && go mod tidy && "+commit) })
	done, every := map[string]bool{}, testkit.IsEvery()
	for _, c := range commands {
		r, shape := clone, ""
		shorter, err := Shorten(c.Text)
		if err == nil {
			shape, err = Shape(shorter)
		}
		if err != nil {
			t.Fatalf("%s: %v", c.Text, err)
		}
		if forImporters(commands, c) {
			r, shape = importer, "importer: "+shape
		}
		if strings.HasPrefix(c.Text, "git clone") || done[shape] || !every && c.File != "README.md" {
			continue // newClone has run git clone
		}
		done[shape] = true
		t.Run(strings.ReplaceAll(c.File+": "+c.Text, "/", "|"), func(t *testing.T) {
			if r.dir == importer.dir && !strings.HasPrefix(c.Text, "go get") {
				ready() // so that commands can be run apart from those before them
			}
			if c.File == "README.md" {
				r.waitForFirst(t, c.Text)
			}
			r.try(t, shorter)
		})
	}
}

// waitForFirst runs a command that measures cells as it is typed, until its first result.
// It tries three times before it blames the command for being late, and not the machine.
func (r runner) waitForFirst(t *testing.T, command string) {
	if !measuresCells(command) {
		return
	}
	first := time.Hour
	for try := 0; try < 3 && first > maxFirst; try++ {
		result := r.run(t, command, true)
		if result.first == 0 {
			t.Fatalf("no result:\n%s", result.output)
		}
		first = min(first, result.first)
	}
	if t.Logf("first result %.1fs after the build", first.Seconds()); first > maxFirst {
		t.Errorf("the first result came %v after the build, want %v at most", first, maxFirst)
	}
}

// try runs a shortened command.
func (r runner) try(t *testing.T, shorter string) {
	t.Log(shorter)
	result := r.run(t, shorter, false)
	t.Logf("%.1fs, processor time %.1fs", result.elapsed.Seconds(), result.cpu.Seconds())
	if result.err != nil {
		t.Fatalf("%v\n%s", result.err, result.output)
	}
	if !r.printed(t, shorter, result.output) {
		t.Errorf("nothing to be read:\n%s", result.output)
	}
}

// cells matches commands whose first cell is measured at once, without a search.
var cells = regexp.MustCompile(`^go test (-run '\^\$' )?-bench (\.|'?Echo\S*) `)

func measuresCells(command string) bool {
	return cells.MatchString(command+" ") && !strings.Contains(command, " > ") && !strings.Contains(command, " ./")
}

// printed reports whether a shortened command that has succeeded has printed what it is
// for: results, a table, names of tests, or those of packages whose tests passed.
func (r runner) printed(t *testing.T, command, output string) bool {
	statements, err := parseShell(command)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if s.output != "" {
			data, err := os.ReadFile(filepath.Join(r.dir, s.output))
			if err != nil {
				t.Fatal(err)
			}
			output += string(data)
		}
		line := s.String()
		switch {
		case strings.HasPrefix(line, "go test -c"):
		case strings.HasPrefix(line, "go test") && strings.Contains(line, " -bench"), strings.HasPrefix(line, "make bench"):
			return resultLine.MatchString(output)
		case strings.Contains(line, "-list="):
			return regexp.MustCompile(`(?m)^Test\w+$`).MatchString(output)
		case strings.HasPrefix(line, "go test"):
			return regexp.MustCompile(`(?m)^ok .*s$`).MatchString(output) // without "[no tests to run]"
		case strings.Contains(line, "benchstat ") && strings.Contains(line, ".unit:"):
			return true // one echo has no percentiles
		case strings.Contains(line, "benchstat "):
			return strings.Contains(output, "│")
		}
	}
	return true
}

// newClone clones the repository that has this package, by the command of the README. Its
// branch is called main, and it has the revisions that the documents name.
func newClone(t *testing.T) runner {
	t.Helper()
	root := moduleRoot(t)
	if err := exec.CommandContext(t.Context(), "git", "-C", root, "rev-parse", "HEAD").Run(); err != nil {
		t.Skipf("%s is not a git repository: %v", root, err)
	}
	dir := t.TempDir()
	r := newRunner(t, dir, "GOBIN="+filepath.Join(dir, "bin"), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+root+".insteadOf", "GIT_CONFIG_VALUE_0="+repository)
	r.must(t, "git clone -q "+repository+" && cd echobench")
	r.dir = filepath.Join(dir, "echobench")
	r.must(t, "git checkout -q -B main && git branch topic && git tag v1.0.0")
	return r
}

// newImporter returns a module as another repository has it: with the transport and the
// tests of testdata/consumer, and the gate of docs/ci.md. The module echobench comes from
// a proxy that has the commit of the clone as v0.1.0, and everything else from the module
// cache or from where the go command is set to find it.
func newImporter(t *testing.T, clone string) runner {
	t.Helper()
	scratch := t.TempDir()
	dir := filepath.Join(scratch, "own")
	env := proxyEnv(t, clone)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(clone, "testdata", "consumer"))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod":       "module example.com/own\n\ngo 1.25.0\n",
		"gate_test.go": gateTest,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(scratch, "bin")
	r := newRunner(t, dir, append(env, "GOBIN="+bin, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))...)
	r.must(t, "git init -q -b main . && "+commit)
	return r
}

// proxyEnv returns an environment in which go finds the commit HEAD of a repository as the
// version v0.1.0 of the module, and all other modules in the module cache or where it
// is set to find them. They are stored apart from the module cache.
func proxyEnv(t *testing.T, repository string) []string {
	t.Helper()
	proxy := t.TempDir()
	if err := WriteProxy(t.Context(), proxy, repository, module, "v0.1.0"); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOPROXY", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(string(out))
	return []string{"GOPROXY=file://" + proxy + ",file://" + filepath.Join(known[1], "cache", "download") + "," + known[0],
		"GOMODCACHE=" + filepath.Join(t.TempDir(), "modules"), "GONOSUMDB=github.com/echobench/*", "GOWORK=off"}
}

// commit commits everything.
const commit = "git add -A && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m own"

// gateTest is the gate of docs/ci.md, with benchmarks for it.
const gateTest = `package own

import (
	"strings"
	"testing"

	"github.com/echobench/echobench/compare"
)

func TestNotSlower(t *testing.T) {
	compare.Gate(t, compare.Config{Bench: "Parse|Encode", Units: []string{"ns/op", "allocs/op"}})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		strings.Fields("a b c")
	}
}
`
