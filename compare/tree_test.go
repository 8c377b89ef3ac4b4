package compare

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/run/scratch"
)

// newProxy makes a folder a module proxy with the versions v1.0.0, v1.1.0 and v1.2.0
// of example.com/dep, and sets the environment so that the go command uses it.
func newProxy(t *testing.T) {
	t.Helper()
	proxy := module{t.TempDir()}
	for version, factor := range map[string]string{"v1.0.0": "1", "v1.1.0": "3", "v1.2.0": "6"} {
		files := map[string]string{
			"go.mod": "module example.com/dep\n\ngo 1.25.0\n",
			"dep.go": "package dep\n\nconst Factor = " + factor + "\n",
		}
		base := "example.com/dep/@v/" + version
		proxy.write(t, base+".info", `{"Version":"`+version+`"}`)
		proxy.write(t, base+".mod", files["go.mod"])
		out, err := os.Create(filepath.Join(proxy.dir, base+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		w := zip.NewWriter(out)
		for name, text := range files {
			entry, err := w.Create("example.com/dep@" + version + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := entry.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(proxy.dir))
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOMODCACHE", t.TempDir())
}

// dependentFiles are a module below the root of its repository whose work depends
// on example.com/dep.
func dependentFiles() map[string]string {
	files := map[string]string{".gitignore": "ignored.go\n"}
	for name, text := range ownFiles {
		files["sub/"+name] = text
	}
	files["sub/go.mod"] += "\nrequire example.com/dep v1.0.0\n"
	files["sub/own.go"] = strings.NewReplacer("range n", "range n * dep.Factor", "package own\n", "package own\n\nimport \"example.com/dep\"\n").Replace(files["sub/own.go"])
	return files
}

// TestWith compares a revision and the working tree, both with other versions of a
// module than they require.
func TestWith(t *testing.T) {
	newProxy(t)
	m := newModule(t, dependentFiles())
	t.Chdir(filepath.Join(m.dir, "sub"))
	if out, err := exec.Command("go", "mod", "tidy").CombinedOutput(); err != nil {
		t.Fatalf("go mod tidy: %v\n%s", err, out)
	}
	m.commit(t)
	c := short()
	c.Bench, c.Units = "Loop", []string{"steps/op"}
	c.Old = Build{Rev: "HEAD", With: []string{"example.com/dep@v1.1.0"}}
	c.New = Build{With: []string{"example.com/dep@v1.2.0"}}
	_, result, err := run(t, c)
	if err != nil || len(result.Rows) != 1 || result.Rows[0].Old != 3 || result.Rows[0].New != 6 || result.Rows[0].Verdict != Slower {
		t.Errorf("got %v, %v, want one row from 3 to 6 steps", result.Rows, err)
	}
	if status := m.git(t, "status", "--short"); status != "" {
		t.Errorf("the working tree has changed:\n%s", status)
	}
}

// newBuilder returns a builder, and a folder for a tree, which does not exist.
func newBuilder(t *testing.T) (b *builder, tree string) {
	t.Helper()
	folder, err := scratch.Open(folderPrefix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	return &builder{folder: folder}, filepath.Join(folder.Path, "tree")
}

// TestCopyTree copies what belongs to the working tree: files that are committed,
// changed, new, or symbolic links, but neither deleted nor ignored files.
func TestCopyTree(t *testing.T) {
	m := newModule(t, dependentFiles())
	m.write(t, "sub/deleted.go", "package own\n")
	m.commit(t)
	m.write(t, "sub/own.go", "changed")
	m.write(t, "sub/a folder/new.txt", "new")
	m.write(t, "sub/ignored.go", "ignored")
	if err := os.Remove(filepath.Join(m.dir, "sub", "deleted.go")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("own.go", filepath.Join(m.dir, "link")); err != nil {
		t.Fatal(err)
	}
	b, tree := newBuilder(t)
	module, err := b.copyTree(t.Context(), filepath.Join(m.dir, "sub"), tree)
	if want := filepath.Join(tree, "sub"); err != nil || module != want {
		t.Fatalf("got %q, %v, want %q", module, err, want)
	}
	for name, want := range map[string]string{"own.go": "changed", "a folder/new.txt": "new", "own_test.go": ownFiles["own_test.go"]} {
		if got := readFile(t, module, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"deleted.go", "ignored.go"} {
		if _, err := os.Lstat(filepath.Join(module, name)); err == nil {
			t.Errorf("%s was copied", name)
		}
	}
	if target, err := os.Readlink(filepath.Join(tree, "link")); target != "own.go" {
		t.Errorf("the symbolic link leads to %q, %v", target, err)
	}
}

// TestCopyWithoutGit copies a module that is in no repository.
func TestCopyWithoutGit(t *testing.T) {
	m := module{t.TempDir()}
	for name, text := range ownFiles {
		m.write(t, name, text)
	}
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(m.dir))
	b, tree := newBuilder(t)
	if module, err := b.copyTree(t.Context(), m.dir, tree); err != nil || module != tree || readFile(t, tree, "own.go") != ownFiles["own.go"] {
		t.Errorf("got %q, %v", module, err)
	}
}
