package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run is a Command.
func run(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %v: %w", name, args, err)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// A folder is where a test writes files.
type folder string

func (f folder) write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(string(f), name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func (f folder) git(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-c", "user.name=Own", "-c", "user.email=own@example.com", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"}, args...)
	cmd := exec.Command("git", args...)
	cmd.Dir = string(f)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (f folder) commit(t *testing.T) {
	t.Helper()
	f.git(t, "add", "--all")
	f.git(t, "commit", "-q", "-m", "a commit")
}

func (f folder) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(string(f), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// newRepository returns a repository with one commit of the files. The folder above it is
// empty but for the repository.
func newRepository(t *testing.T, files map[string]string) folder {
	t.Helper()
	t.Setenv("GOWORK", "")
	t.Setenv("GOFLAGS", "")
	f := folder(filepath.Join(t.TempDir(), "repository"))
	f.write(t, files)
	f.git(t, "init", "-q")
	f.commit(t)
	return f
}

// copies copies HEAD and the working tree of a module.
func copies(t *testing.T, module folder, pkg string) (old, new *Copy) {
	t.Helper()
	s, err := Open(t.Context(), run, string(module), pkg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	if old, err = s.Copy(t.Context(), "HEAD", filepath.Join(to, "old")); err != nil {
		t.Fatal(err)
	}
	if new, err = s.Copy(t.Context(), "", filepath.Join(to, "new")); err != nil {
		t.Fatal(err)
	}
	return old, new
}

// list runs go list in a copy.
func list(t *testing.T, c *Copy, args ...string) string {
	t.Helper()
	out, err := run(t.Context(), c.Module, c.Env, "go", append([]string{"list"}, args...)...)
	if err != nil {
		t.Error(err)
	}
	return out
}

const goMod = "module example.com/own\n\ngo 1.24\n"

// TestWorkingTree copies what belongs to the working tree: files that are committed,
// changed, new, or symbolic links, but neither deleted nor ignored files.
func TestWorkingTree(t *testing.T) {
	f := newRepository(t, map[string]string{"sub/go.mod": goMod, "sub/own.go": "package own\n", "sub/deleted.go": "package own\n", ".gitignore": "ignored.txt\n"})
	f.write(t, map[string]string{"sub/own.go": "package own // changed\n", "sub/a folder/new.txt": "new", "sub/ignored.txt": "ignored"})
	if err := os.Remove(filepath.Join(string(f), "sub/deleted.go")); err != nil {
		t.Fatal(err)
	}
	_, c := copies(t, f+"/sub", ".")
	for name, want := range map[string]string{"own.go": "package own // changed\n", "a folder/new.txt": "new"} {
		if got := folder(c.Module).read(t, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"deleted.go", "ignored.txt"} {
		if exists(filepath.Join(c.Module, name)) {
			t.Errorf("%s was copied", name)
		}
	}
}

// TestWithoutGit copies a module that is in no repository.
func TestWithoutGit(t *testing.T) {
	f := folder(t.TempDir())
	f.write(t, map[string]string{"go.mod": goMod, "own.go": "package own\n"})
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(string(f)))
	s, err := Open(t.Context(), run, string(f), ".", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Copy(t.Context(), "", filepath.Join(t.TempDir(), "new"))
	if err != nil || folder(c.Module).read(t, "own.go") != "package own\n" {
		t.Errorf("got %v, %v", c, err)
	}
}

// TestIgnoredModule copies a module that the repository around it ignores.
func TestIgnoredModule(t *testing.T) {
	f := newRepository(t, map[string]string{".gitignore": "/inner\n"})
	f.write(t, map[string]string{"inner/go.mod": goMod, "inner/own.go": "package own\n"})
	s, err := Open(t.Context(), run, string(f)+"/inner", ".", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Copy(t.Context(), "", filepath.Join(t.TempDir(), "new"))
	if err != nil || folder(c.Module).read(t, "own.go") != "package own\n" {
		t.Errorf("got %v, %v", c, err)
	}
}

// TestVendor: modules in a vendor folder that git ignores are copied with their list.
func TestVendor(t *testing.T) {
	f := newRepository(t, map[string]string{"go.mod": goMod + "\nrequire example.com/dep v1.0.0\n", "own.go": "package own\n\nimport _ \"example.com/dep\"\n", ".gitignore": "/vendor\n"})
	f.write(t, map[string]string{"vendor/modules.txt": "# example.com/dep v1.0.0\n## explicit; go 1.24\nexample.com/dep\n", "vendor/example.com/dep/dep.go": "package dep\n"})
	old, new := copies(t, f, ".")
	for _, c := range []*Copy{old, new} {
		if got, want := list(t, c, "-f", "{{.Dir}}", "example.com/dep"), filepath.Join(c.Module, "vendor/example.com/dep"); got != want {
			t.Errorf("the module is in %q, want %q", got, want)
		}
	}
}

// TestLinks: no symbolic link leads back to the source.
func TestLinks(t *testing.T) {
	f := newRepository(t, map[string]string{"go.mod": goMod, "own.go": "package own\n"})
	for name, target := range map[string]string{"inside": "own.go", "absolute": filepath.Join(string(f), "own.go"), "outside": "../other"} {
		if err := os.Symlink(target, filepath.Join(string(f), name)); err != nil {
			t.Fatal(err)
		}
	}
	f.commit(t)
	old, new := copies(t, f, ".")
	for _, c := range []*Copy{old, new} {
		for name, want := range map[string]string{"inside": "own.go", "absolute": filepath.Join(c.Module, "own.go"), "outside": filepath.Join(filepath.Dir(string(f)), "other")} {
			if got, err := os.Readlink(filepath.Join(c.Module, name)); got != want {
				t.Errorf("%s leads to %q, %v, want %q", name, got, err, want)
			}
		}
	}
}

// TestReplace: a module that is replaced by an absolute path into the repository is that
// of the copy, and one that is replaced by a relative path to another folder is the same
// as in the source.
func TestReplace(t *testing.T) {
	f := newRepository(t, map[string]string{"own.go": "package own\n\nimport (\n_ \"example.com/dep\"\n_ \"example.com/other\"\n)\n",
		"dep/go.mod": "module example.com/dep\n\ngo 1.24\n", "dep/dep.go": "package dep\n"})
	other := f + "/../other"
	other.write(t, map[string]string{"go.mod": "module example.com/other\n\ngo 1.24\n", "other.go": "package other\n"})
	f.write(t, map[string]string{"go.mod": goMod + "\nrequire (\n\texample.com/dep v1.0.0\n\texample.com/other v1.0.0\n)\n\nreplace (\n\texample.com/dep => " +
		string(f) + "/dep\n\texample.com/other v1.0.0 => ../other\n)\n"})
	f.commit(t)
	old, new := copies(t, f, ".")
	for _, c := range []*Copy{old, new} {
		if got, want := list(t, c, "-f", "{{.Dir}}", "example.com/dep", "example.com/other"), filepath.Join(c.Module, "dep")+"\n"+filepath.Clean(string(other)); got != want {
			t.Errorf("the modules are in\n%s\nwant\n%s", got, want)
		}
	}
	if text := f.read(t, "go.mod"); !strings.Contains(text, "=> ../other") {
		t.Errorf("the source has changed:\n%s", text)
	}
}

// TestReplaceByNothing: a replaced module that a copy lacks is an error.
func TestReplaceByNothing(t *testing.T) {
	f := newRepository(t, map[string]string{"own.go": "package own\n", ".gitignore": "dep\n"})
	f.write(t, map[string]string{"go.mod": goMod + "\nrequire example.com/dep v1.0.0\n\nreplace example.com/dep => " + string(f) + "/dep\n",
		"dep/go.mod": "module example.com/dep\n", "dep/dep.go": "package dep\n"})
	s, err := Open(t.Context(), run, string(f), ".", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Copy(t.Context(), "", filepath.Join(t.TempDir(), "new")); err == nil || !strings.Contains(err.Error(), "module example.com/dep is replaced by "+string(f)+"/dep") {
		t.Errorf("got error %v, want one that names the module", err)
	}
}

// TestWorkspace: both copies use a workspace that git ignores, or that is in a folder
// above the repository, or that the environment names, with their own modules in place of
// those of the source.
func TestWorkspace(t *testing.T) {
	for _, where := range []string{"ignored", "above", "environment", "committed", "off"} {
		t.Run(where, func(t *testing.T) {
			f := newRepository(t, map[string]string{"go.mod": goMod, "own.go": "package own\n\nimport _ \"example.com/other\"\n", ".gitignore": "/go.work\n"})
			other := f + "/../other"
			other.write(t, map[string]string{"go.mod": "module example.com/other\n\ngo 1.24\n", "other.go": "package other\n"})
			above := f + "/.."
			switch where {
			case "ignored":
				f.write(t, map[string]string{"go.work": "go 1.24\n\nuse .\nuse ../other\n"})
			case "above":
				above.write(t, map[string]string{"go.work": "go 1.24\n\nuse ./repository\nuse ./other\n"})
			case "environment":
				above.write(t, map[string]string{"mine.work": "go 1.24\n\nuse ./repository\nuse ./other\n"})
				t.Setenv("GOWORK", filepath.Join(string(above), "mine.work"))
			case "committed":
				f.write(t, map[string]string{"go.work": "go 1.24\n\nuse .\nuse ../other\n", ".gitignore": ""})
				f.commit(t)
			case "off":
				above.write(t, map[string]string{"go.work": "invalid"})
				t.Setenv("GOWORK", "off")
			}
			old, new := copies(t, f, ".")
			for _, c := range []*Copy{old, new} {
				if where == "off" {
					if got := list(t, c, "-m"); got != "example.com/own" {
						t.Errorf("the main module is %q", got)
					}
					continue
				}
				if got, want := list(t, c, "-f", "{{.Dir}}", "example.com/own", "example.com/other"), c.Module+"\n"+filepath.Clean(string(other)); got != want {
					t.Errorf("the modules are in\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
}

// TestIgnored: Go files that git ignores and that the build needs are in both copies, and
// so are the package's ignored test data; others are not.
func TestIgnored(t *testing.T) {
	f := newRepository(t, map[string]string{"go.mod": goMod, "own.go": "package own\n\nimport _ \"example.com/own/generated\"\n", ".gitignore": "generated/\n*.gen.go\ntestdata/large\n*.tmp\n"})
	ignored := map[string]string{"generated/code.go": "package generated\n", "own.gen.go": "package own\n", "testdata/large": "large"}
	f.write(t, ignored)
	f.write(t, map[string]string{"other/other.gen.go": "package other\n", "own.tmp": ""})
	old, new := copies(t, f, ".")
	for _, c := range []*Copy{old, new} {
		for name, want := range ignored {
			if got := folder(c.Module).read(t, name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if exists(filepath.Join(c.Module, "other")) || exists(filepath.Join(c.Module, "own.tmp")) {
			t.Error("files were copied that no build needs")
		}
		if len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "generated/code.go, own.gen.go, testdata/large") {
			t.Errorf("the notes are %q, want one with the files", c.Notes)
		}
	}
}

// TestSubmodule: each copy has the submodule's commit or files. One that is not filled in
// the working tree is noted.
func TestSubmodule(t *testing.T) {
	dep := newRepository(t, map[string]string{"go.mod": "module example.com/dep\n", "dep.go": "package dep // one\n"})
	f := newRepository(t, map[string]string{"go.mod": goMod, "own.go": "package own\n"})
	f.git(t, "submodule", "--quiet", "add", string(dep), "dep")
	f.commit(t)
	sub := f + "/dep"
	sub.write(t, map[string]string{"dep.go": "package dep // two\n"})
	old, new := copies(t, f, ".")
	for c, want := range map[*Copy]string{old: "package dep // one\n", new: "package dep // two\n"} {
		if got := folder(c.Module).read(t, "dep/dep.go"); got != want {
			t.Errorf("%s: got %q, want %q", c.Module, got, want)
		}
	}
	f.git(t, "submodule", "--quiet", "deinit", "--force", "dep")
	old, _ = copies(t, f, ".")
	if len(old.Notes) != 1 || !strings.Contains(old.Notes[0], "git submodule update --init fills it") {
		t.Errorf("the notes are %q, want one about the submodule", old.Notes)
	}
}

// TestNoModule: a commit without the module is an error that can be recognized.
func TestNoModule(t *testing.T) {
	f := newRepository(t, map[string]string{"README": ""})
	f.write(t, map[string]string{"go.mod": goMod, "own.go": "package own\n"})
	s, err := Open(t.Context(), run, string(f), ".", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Copy(t.Context(), "HEAD", filepath.Join(t.TempDir(), "old")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v, want %v", err, fs.ErrNotExist)
	}
}
