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

// TestFlags compares the table of docs/flags.md with the flags that
// echobench.NewFlags declares.
func TestFlags(t *testing.T) {
	const heading = "| flag | default | meaning |\n|---|---|---|\n"
	old := read(t, "docs/flags.md")
	before, table, found := strings.Cut(old, heading)
	_, after, ends := strings.Cut(table, "\n\n")
	if !found || !ends {
		t.Fatalf("docs/flags.md has no table with the heading %q and a blank line after it", heading)
	}
	text := before + heading + flagRows() + "\n" + after
	if text == old {
		return
	}
	if !*update {
		t.Fatal("docs/flags.md is not what echobench.NewFlags declares: run go test ./internal/test/docs -update")
	}
	if err := os.WriteFile(filepath.Join("..", "..", "..", "docs", "flags.md"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
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
