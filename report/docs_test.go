package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench/report/internal/svg"
)

// TestDocs compares the report of the committed baseline and the README's pictures with what
// is made of testdata/baseline.txt. With -update, it writes them.
func TestDocs(t *testing.T) {
	baseline := filepath.Join("..", "testdata", "baseline.txt")
	r, err := openRun(baseline)
	if err != nil {
		t.Fatal(err)
	}
	plots := []string{string(throughput(r).Plots[0]), string(tail(r).Plots[0])}
	for name, want := range map[string][]byte{
		"report.html":      write(t, baseline),
		"report-light.svg": picture(svg.Light, plots),
		"report-dark.svg":  picture(svg.Dark, plots),
	} {
		name = filepath.Join("..", "docs", name)
		if *update {
			if err := os.WriteFile(name, want, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("%s is not what is made of testdata/baseline.txt: run go test -run TestDocs . -update in report", name)
		}
	}
}

// picture returns plots side by side as a file of its own, in the colours of a theme.
func picture(theme svg.Theme, plots []string) []byte {
	const height = 256
	var b bytes.Buffer
	width := svg.Width * len(plots)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%d">`, width, height, height)
	fmt.Fprintf(&b, "<style>:root{%s}\n%s</style>", theme.Colours(), svg.Style())
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="6" fill="%s"/>`, width, height, theme.Back)
	for n, plot := range plots {
		place := fmt.Sprintf(`<svg x="%d" y="3" width="%d" height="250" `, n*svg.Width, svg.Width)
		b.WriteString("\n" + strings.Replace(plot, "<svg ", place, 1))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
