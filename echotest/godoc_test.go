package echotest

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// packageDoc returns the documentation of this package.
func packageDoc(t *testing.T) *doc.Package {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	pkg, err := doc.NewFromFiles(fset, files, "github.com/echobench/echobench/echotest")
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// TestGodocListsTheRules compares the lists in the package comment with checks.
func TestGodocListsTheRules(t *testing.T) {
	pkg := packageDoc(t)
	oneLine := &comment.Printer{TextWidth: -1}
	var got, want []string
	for _, block := range pkg.Parser().Parse(pkg.Doc).Content {
		list, ok := block.(*comment.List)
		if !ok {
			continue
		}
		for _, item := range list.Items {
			text := oneLine.Text(&comment.Doc{Content: item.Content})
			got = append(got, strings.TrimSpace(string(text)))
		}
	}
	for _, c := range checks {
		want = append(want, c.name+": "+c.rule)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the package comment lists the rules\n\t%s\nwant those of the checks\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestTransportIsTheOnlyExportedName(t *testing.T) {
	pkg := packageDoc(t)
	var names []string
	for _, f := range pkg.Funcs {
		names = append(names, f.Name)
	}
	for _, typ := range pkg.Types {
		names = append(names, typ.Name)
	}
	for _, v := range slices.Concat(pkg.Consts, pkg.Vars) {
		names = append(names, v.Names...)
	}
	if want := []string{"TestTransport"}; !slices.Equal(names, want) {
		t.Errorf("the package exports %q, want %q", names, want)
	}
}
