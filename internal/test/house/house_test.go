package house_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/echobench/echobench"
	root   = "../../.." // the folder of the module
)

// protocols lists the folders of the protocols.
var protocols = []string{"tcp", "rest", "grpcecho", "zmqecho", "gorpcecho"}

// layers lists the public packages from top to bottom, and the packages below a
// protocol's folder. A package imports none that stands above or beside it.
// docs/design.md describes them.
var layers = [][]string{
	{"claims"},
	{"compare"},
	{"."},
	{"echotest"},
	protocols,
	{"tcp/internal/mux", "tcp/internal/grants", "tcp/internal/spin", "zmqecho/internal/dealer"},
	{"tcp/internal/deadline", "zmqecho/internal/poll"},
	{"zmqecho/internal/socket"},
	{"stream"},
	{"echo"},
	{"payload"},
}

// groups lists the folders of internal/ from top to bottom. A package imports none of a
// group that stands above its own. What only tests use is in internal/test.
var groups = []string{"sample", "rules", "run", "stats", "measure", "protocol", "base"}

// list returns what go list prints for the arguments, one value a line.
func list(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return strings.Fields(string(out))
}

// path returns the import path of a package of this module.
func path(pkg string) string {
	if pkg == "." {
		return module
	}
	return module + "/" + pkg
}

func TestImportsPointDown(t *testing.T) {
	var above []string
	for _, layer := range layers {
		for _, pkg := range layer {
			deps := list(t, "-e", "-deps", "./"+pkg) // -e because a build without cgo has no files of some
			for _, other := range slices.Concat(above, layer) {
				if other != pkg && slices.Contains(deps, path(other)) {
					t.Errorf("%s imports %s, which stands above or beside it", pkg, other)
				}
			}
		}
		above = append(above, layer...)
	}
}

// groupOf returns the place of a package's group in groups, and whether it is in one.
func groupOf(pkg string) (place int, ok bool) {
	rest, internal := strings.CutPrefix(pkg, module+"/internal/")
	name, _, _ := strings.Cut(rest, "/")
	place = slices.Index(groups, name)
	return place, internal && place >= 0
}

func TestLayersAreComplete(t *testing.T) {
	listed := slices.Concat(layers...)
	for _, pkg := range list(t, "./...") {
		folder := strings.TrimPrefix(pkg, module+"/")
		if pkg != module && !strings.Contains(folder, "internal/") && !slices.Contains(listed, folder) {
			t.Errorf("%s is in none of the layers", pkg)
		}
	}
}

// TestProtocolsAreListed: a new protocol must be added to what lists all protocols.
func TestProtocolsAreListed(t *testing.T) {
	const imported = `"` + module + `/%s"`
	for _, c := range []struct{ file, pattern string }{
		{"bench_test.go", imported},
		{"internal/rules/trial/variants_test.go", imported},
		{"report/layers/table.go", imported},
		{"internal/test/attack/targets_test.go", imported},
		{"internal/test/commands/values_test.go", imported},
		{"internal/test/protocols/protocols_test.go", imported},
		{"internal/test/soak/soak_test.go", imported},
		{"internal/test/house/house_test.go", `{"%s", []string{`}, // TestImportsAreLight
		{"doc.go", "%s"},
		{"echo/echo.go", "%s"},
		{"docs/design.md", "`%s`"},
	} {
		text, err := os.ReadFile(filepath.Join(root, c.file))
		if err != nil {
			t.Fatal(err)
		}
		for _, protocol := range protocols {
			if want := fmt.Sprintf(c.pattern, protocol); !strings.Contains(string(text), want) {
				t.Errorf("%s does not contain %s", c.file, want)
			}
		}
	}
}

func TestInternalImportsPointDown(t *testing.T) {
	test := module + "/internal/test/"
	for _, line := range list(t, "-f", "{{.ImportPath}},{{join .Imports \",\"}}", "./...") {
		pkg, imports, _ := strings.Cut(line, ",")
		from, inside := groupOf(pkg)
		if strings.HasPrefix(pkg, module+"/internal/") && !inside && !strings.HasPrefix(pkg, test) {
			t.Errorf("%s is in none of the groups %v nor in internal/test", pkg, groups)
		}
		for _, other := range strings.Split(imports, ",") {
			to, known := groupOf(other)
			if inside && known && to < from {
				t.Errorf("%s imports %s, which stands above it", pkg, other)
			}
			if strings.HasPrefix(other, test) && !strings.HasPrefix(pkg, test) {
				t.Errorf("%s imports %s, which only tests may use", pkg, other)
			}
		}
	}
}

// TestImportsAreLight keeps what importers compile small.
func TestImportsAreLight(t *testing.T) {
	const (
		histogram = "github.com/HdrHistogram/hdrhistogram-go"
		goleak    = "go.uber.org/goleak"
		process   = "os/exec"
		grpc      = "google.golang.org/grpc"
		zmq       = "github.com/pebbe/zmq4"
		gorpc     = "github.com/valyala/gorpc"
		proxy     = module + "/internal/rules/proxy"
		benchfmt  = "golang.org/x/perf/benchfmt"
		plots     = module + "/report" // a module of its own
	)
	for _, c := range []struct {
		pkg  string
		none []string
	}{
		{"compare", []string{histogram, goleak, proxy, grpc, zmq, gorpc, module, path("echo")}},
		{".", []string{goleak, plots, grpc, zmq, gorpc, benchfmt}},
		{"echotest", []string{histogram, plots, process, grpc, zmq, gorpc, benchfmt}},
		{"tcp", []string{histogram, goleak, process, proxy, grpc, zmq, gorpc}},
		{"rest", []string{histogram, goleak, process, proxy, grpc, zmq, gorpc}},
		{"grpcecho", []string{histogram, goleak, process, proxy, zmq, gorpc}},
		{"zmqecho", []string{histogram, goleak, process, proxy, grpc, gorpc}},
		{"gorpcecho", []string{histogram, goleak, process, proxy, grpc, zmq}},
		{"stream", []string{histogram, goleak, process, proxy, grpc, zmq, gorpc}},
	} {
		deps := list(t, "-deps", "./"+c.pkg)
		for _, heavy := range c.none {
			if slices.Contains(deps, heavy) {
				t.Errorf("%s imports %s", c.pkg, heavy)
			}
		}
	}
}

// TestContractImportsOnlyTheMessage: whoever implements the contract compiles the
// message and the standard library, and nothing else of this module.
func TestContractImportsOnlyTheMessage(t *testing.T) {
	for _, dep := range list(t, "-f", "{{join .Imports \"\\n\"}}", "./echo") {
		if strings.Contains(dep, ".") && dep != path("payload") {
			t.Errorf("echo imports %s", dep)
		}
	}
}

// eachFile calls f for every Go file that is not generated.
func eachFile(t *testing.T, f func(name string, files *token.FileSet, file *ast.File)) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".pb.go") {
			return err
		}
		file, err := parser.ParseFile(files, name, nil, 0)
		if err == nil {
			f(name, files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFunctionsAreShort limits a function to 45 lines, of which those of tables do not
// count.
func TestFunctionsAreShort(t *testing.T) {
	const limit = 45
	eachFile(t, func(name string, files *token.FileSet, file *ast.File) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				if n := lines(files, f.Pos(), f.End()) - tableLines(files, f); n > limit {
					t.Errorf("%s: %s has %d lines outside tables, want %d at most", name, f.Name.Name, n, limit)
				}
			}
		}
	})
}

// TestAtomicsAreTyped: the functions of sync/atomic for 64 bits panic on a platform of
// 32 bits if their operand is not aligned, whereas the types align themselves.
func TestAtomicsAreTyped(t *testing.T) {
	eachFile(t, func(_ string, files *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(node ast.Node) bool {
			if call, ok := node.(*ast.SelectorExpr); ok {
				pkg, ok := call.X.(*ast.Ident)
				if name := call.Sel.Name; ok && pkg.Name == "atomic" && strings.HasSuffix(name, "nt64") && name != "Int64" && name != "Uint64" {
					t.Errorf("%v: atomic.%s: use the methods of atomic.Int64 or atomic.Uint64", files.Position(call.Pos()), name)
				}
			}
			return true
		})
	})
}

// lines returns the number of lines from one position to another.
func lines(files *token.FileSet, from, to token.Pos) int {
	return files.Position(to).Line - files.Position(from).Line + 1
}

// tableLines returns how many lines of f are inside the braces of tables: slices,
// arrays and maps of literal values.
func tableLines(files *token.FileSet, f *ast.FuncDecl) (n int) {
	ast.Inspect(f, func(node ast.Node) bool {
		table, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		switch table.Type.(type) {
		case *ast.ArrayType, *ast.MapType:
			n += lines(files, table.Lbrace, table.Rbrace) - 1
			return false
		}
		return true
	})
	return n
}
