package report

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var (
	resultFiles = flag.String("results", "", "results files or folders, separated by spaces, that TestReport writes a page about")
	output      = flag.String("html", "", "the page that TestReport writes")
	update      = flag.Bool("update", false, "write the golden files again")
)

// TestReport is make report.
func TestReport(t *testing.T) {
	if *resultFiles == "" || *output == "" {
		t.Skip("run make report RESULTS=FILE, or set -results and -html")
	}
	var b bytes.Buffer
	if err := Write(&b, strings.Fields(*resultFiles)...); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*output, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
