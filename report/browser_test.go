package report

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

//go:embed testdata/check.js
var checkScript string

// A finding is what check.js has found on a page.
type finding struct {
	Page               string
	Width, ScrollWidth int
	Dark               bool
	Plots              int
	Problems           []string
}

var widths = []int{1280, 400}

// browser returns the name of Chromium, or skips t.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no Chromium: scripts/apt.sh chromium")
	return ""
}

// TestBrowser opens pages in Chromium without a network, wide and narrow, in light and in
// dark: every plot shows something, no text overlaps another or is cut, and the console is
// empty.
func TestBrowser(t *testing.T) {
	chromium := browser(t)
	list := pages(t)
	for _, dark := range []bool{false, true} {
		found := inspect(t, chromium, list, dark)
		if len(found) != len(list)*len(widths) {
			t.Errorf("%d pages were inspected, want %d", len(found), len(list)*len(widths))
		}
		for _, f := range found {
			where := fmt.Sprintf("%s, width %d, dark %v", f.Page, f.Width, dark)
			if f.Dark != dark || f.Plots == 0 || f.ScrollWidth > f.Width {
				t.Errorf("%s: dark %v, %d plots, %d pixels wide", where, f.Dark, f.Plots, f.ScrollWidth)
			}
			for _, problem := range f.Problems {
				t.Errorf("%s: %s", where, problem)
			}
		}
	}
}

// frames returns a page that shows each page in a frame of each width. A window of Chromium
// can't be narrower than 500 pixels. check.js replaces the rule that allows no script, and
// writes what it finds into the outer page.
func frames(list []namedPage) string {
	const rule = `content="default-src 'none'; style-src 'unsafe-inline'"`
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html><head><meta name="color-scheme" content="light dark"></head><body>`)
	for _, page := range list {
		text := strings.Replace(string(page.html), rule, `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`, 1)
		text = strings.Replace(text, "</body>", "<script>"+checkScript+"</script></body>", 1)
		for _, width := range widths {
			fmt.Fprintf(&b, `<iframe name="%s" style="border:0;width:%dpx;height:1000px" srcdoc="%s"></iframe>`, page.name, width, html.EscapeString(text))
		}
	}
	return b.String() + "</body></html>"
}

// inspect returns what check.js finds on the pages.
func inspect(t *testing.T, chromium string, list []namedPage, dark bool) (found []finding) {
	t.Helper()
	folder := t.TempDir()
	name := filepath.Join(folder, "pages.html")
	if err := os.WriteFile(name, []byte(frames(list)), 0o666); err != nil {
		t.Fatal(err)
	}
	scheme := map[bool]string{true: "0", false: "1"}[dark]
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--user-data-dir="+filepath.Join(folder, "profile"), "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
		"--blink-settings=preferredColorScheme="+scheme, "--window-size=1400,1000", "--dump-dom", "file://"+name)
	var console strings.Builder
	cmd.Stderr = &console
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", chromium, err, &console)
	}
	for line := range strings.Lines(console.String()) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("console: %s", line)
		}
	}
	for _, text := range strings.Split(string(out), `<script class="found" type="application/json">`)[1:] {
		text, _, _ := strings.Cut(text, "</script>")
		var f finding
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			t.Fatal(err)
		}
		found = append(found, f)
	}
	return found
}
