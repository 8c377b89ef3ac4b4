package docs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench"
)

var update = flag.Bool("update", false, "write again what is generated in the documents")

// read returns the text of a file, whose name is relative to the module's root, with the
// line ends of Unix.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// generated compares the rows of the table that follows the given heading of a document
// with want. With -update, it writes them. from names their source. A blank line ends the table.
func generated(t *testing.T, name, heading, from, want string) {
	t.Helper()
	old := read(t, name)
	before, table, found := strings.Cut(old, heading)
	_, after, ends := strings.Cut(table, "\n\n")
	if !found || !ends {
		t.Fatalf("%s has no table with the heading %q and a blank line after it", name, heading)
	}
	text := before + heading + want + "\n" + after
	if text == old {
		return
	}
	if !*update {
		t.Fatalf("the table of %s is not what %s says: run go test ./internal/test/docs -update; want\n%s", name, from, want)
	}
	if err := os.WriteFile(filepath.Join("..", "..", "..", filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestFlags compares the table of docs/flags.md with the flags that
// echobench.NewFlags declares.
func TestFlags(t *testing.T) {
	generated(t, "docs/flags.md", "| flag | default | meaning |\n|---|---|---|\n", "echobench.NewFlags", flagRows())
}

// flagRows returns a row of the table for each flag.
func flagRows() string {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	echobench.NewFlags(set)
	var rows strings.Builder
	set.VisitAll(func(f *flag.Flag) {
		value, usage := f.DefValue, f.Usage
		if before, rest, ok := strings.Cut(usage, " (default "); value == "" && ok {
			usage, value = before, strings.TrimSuffix(rest, ")")
		}
		if value != "" {
			value = "`" + value + "`"
		}
		if strings.Contains(value, " ") || value == "`none`" {
			value = strings.Trim(value, "`")
		}
		fmt.Fprintf(&rows, "| `-%s` | %s | %s |\n", f.Name, value, strings.ReplaceAll(usage, "|", `\|`))
	})
	return rows.String()
}
