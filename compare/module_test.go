package compare

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A module is a throw-away module in a git repository, with benchmarks of its own.
type module struct{ dir string }

// ownFiles are the first commit of a module. Its benchmarks count the steps of
// work, so that a slowdown does not depend on time.
var ownFiles = map[string]string{
	"go.mod": "module example.com/own\n\ngo 1.25.0\n",
	"own.go": `package own

// Steps counts the steps of all work.
var Steps int

// Sink keeps the work from being optimized away.
var Sink []byte

func Work(n int) {
	for range n {
		Steps++
		Sink = make([]byte, 100)
	}
}
`,
	"own_test.go": `package own

import (
	"fmt"
	"testing"
)

func init() { fmt.Println("Unit steps/op better=lower") }

func BenchmarkLoop(b *testing.B) {
	Steps = 0
	for b.Loop() {
		Work(1)
	}
	b.ReportMetric(float64(Steps)/float64(b.N), "steps/op")
}

func BenchmarkN(b *testing.B) {
	for _, name := range []string{"a/size=1-2", "a|(b)", "with space", "with space"} {
		b.Run(name, func(b *testing.B) {
			Steps = 0
			for range b.N {
				Work(2)
			}
			b.ReportMetric(float64(Steps)/float64(b.N), "steps/op")
		})
	}
}
`,
}

// ownBinary returns the test binary of ownFiles, which is built once for all tests whose
// subject is not how a build is made. Tests do not change it.
func ownBinary(t *testing.T) string {
	t.Helper()
	binary, err := ownBuild()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

var ownBuild = sync.OnceValues(func() (string, error) {
	m := module{filepath.Join(fixtures, "own")}
	if err := os.Mkdir(m.dir, 0o777); err != nil {
		return "", err
	}
	for name, text := range ownFiles {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o666); err != nil {
			return "", err
		}
	}
	binary := filepath.Join(fixtures, "own.test")
	return binary, m.buildTo(binary)
})

// newModule creates a module with one commit, which it tags base, and makes its
// root the working directory.
func newModule(t *testing.T, files map[string]string) module {
	t.Helper()
	m := module{t.TempDir()}
	for name, text := range files {
		m.write(t, name, text)
	}
	m.git(t, "init", "-q")
	m.commit(t)
	m.git(t, "tag", "base")
	t.Chdir(m.dir)
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -ldflags=-w")) // linking takes less time without debug information
	t.Cleanup(func() { m.checkNothingLeft(t) })
	return m
}

func (m module) write(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// edit replaces a text in a file of the working tree.
func (m module) edit(t *testing.T, name, old, new string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s does not contain %q", name, old)
	}
	m.write(t, name, strings.ReplaceAll(string(text), old, new))
}

func (m module) commit(t *testing.T) {
	t.Helper()
	m.git(t, "add", "--all")
	m.git(t, "-c", "user.name=Own", "-c", "user.email=own@example.com", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "a commit")
}

// build builds the test binary of the working tree, and returns its path.
func (m module) build(t *testing.T, name string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := m.buildTo(name); err != nil {
		t.Fatal(err)
	}
	return name
}

func (m module) buildTo(name string) error {
	cmd := exec.Command("go", "test", "-c", "-buildvcs=false", "-o", name)
	cmd.Dir = m.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go test -c: %w\n%s", err, out)
	}
	return nil
}

func (m module) git(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = m.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// checkNothingLeft checks that there is no temporary folder, no worktree, and no
// change in the repository.
func (m module) checkNothingLeft(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary folders are left: %v, %v", left, err)
	}
	if worktrees := m.git(t, "worktree", "list"); strings.Count(worktrees, "\n") != 1 {
		t.Errorf("worktrees are left:\n%s", worktrees)
	}
}
