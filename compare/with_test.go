package compare

import (
	"archive/zip"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
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

// TestOwnCode: each side is built from its own code of a module in the repository that is
// replaced by an absolute path, or that is found by a workspace which git ignores.
func TestOwnCode(t *testing.T) {
	for _, name := range []string{"replace", "workspace"} {
		t.Run(name, func(t *testing.T) {
			if name == "workspace" {
				testkit.Long(t) // internal/tree tests workspaces
			}
			files := dependentFiles()
			files["dep/go.mod"] = "module example.com/dep\n\ngo 1.25.0\n"
			files["dep/dep.go"] = "package dep\n\nconst Factor = 1\n"
			files[".gitignore"] = "/go.work\n"
			m := newModule(t, files)
			if name == "replace" {
				m.write(t, "sub/go.mod", files["sub/go.mod"]+"\nreplace example.com/dep => "+m.dir+"/dep\n")
				m.commit(t)
				m.git(t, "tag", "-f", "base")
			} else {
				m.write(t, "go.work", "go 1.25.0\n\nuse ./sub\n\nuse ./dep\n")
			}
			t.Chdir(filepath.Join(m.dir, "sub"))
			m.edit(t, "dep/dep.go", "= 1", "= 2")
			c := short()
			c.Bench = "Loop"
			got, _, err := run(t, c)
			if want := want(Slower, "BenchmarkLoop"); err != nil || !maps.Equal(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
}
