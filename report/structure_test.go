package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/measure/cells"
)

// maxPage is the size of a page in bytes, at most.
const maxPage = 2 << 20

var (
	plotPattern  = regexp.MustCompile(`(?s)<svg class="plot".*?</svg>`)
	notANumber   = regexp.MustCompile(`NaN|Inf\b|%!|="-?"|Zgotmpl`)
	otherAddress = regexp.MustCompile(`(?:src|href)="(?:[a-z]+:)?//|url\(|@import`)
)

// TestPages checks what is true of every page.
func TestPages(t *testing.T) {
	for _, p := range pages(t) {
		text := string(p.html)
		if len(text) > maxPage {
			t.Errorf("%s: %d bytes, want %d at most", p.name, len(text), maxPage)
		}
		plots := plotPattern.FindAllString(text, -1)
		if len(plots) == 0 {
			t.Errorf("%s: no plot", p.name)
		}
		for _, plot := range plots {
			if err := wellFormed(plot); err != nil {
				t.Errorf("%s: %v in %.300s", p.name, err, plot)
			}
			if bad := notANumber.FindString(plot); bad != "" {
				t.Errorf("%s: %q in %.2000s", p.name, bad, plot)
			}
		}
		if bad := otherAddress.FindString(text); bad != "" || strings.Contains(text, "<script") {
			t.Errorf("%s: the page needs a script or a network: %q", p.name, bad)
		}
	}
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

var (
	numbersInTags = regexp.MustCompile(` (?:x|y|x1|x2|y1|y2|cx|cy|r|d|points|width|height|viewBox|xmlns|role)="[^"]*"`)
	betweenTags   = regexp.MustCompile(`><`)
)

// TestStructure compares the structure of plots with golden files: the elements, their
// classes, labels and tooltips, without positions.
func TestStructure(t *testing.T) {
	golden := map[string]bool{"maxrate": true, "compare": true, "one cell": true, "two placements": true, "profile": true, "idle": true, "rate": true}
	for _, p := range pages(t) {
		if !golden[p.name] {
			continue
		}
		var b strings.Builder
		for _, plot := range plotPattern.FindAllString(string(p.html), -1) {
			plot = numbersInTags.ReplaceAllString(plot, "")
			b.WriteString(betweenTags.ReplaceAllString(plot, ">\n<") + "\n\n")
		}
		name := filepath.Join("testdata", strings.ReplaceAll(p.name, " ", "_")+".golden")
		if *update {
			if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s: the structure is not that of %s (-update writes it again):\n%s", p.name, name, &b)
		}
	}
}

// TestSections checks which sections pages have, and what they say is missing.
func TestSections(t *testing.T) {
	html := map[string]string{}
	for _, p := range pages(t) {
		html[p.name] = string(p.html)
	}
	for _, c := range []struct{ page, want string }{
		{"baseline", `id="throughput"`}, {"baseline", `id="p99"`}, {"baseline", `id="winners"`}, {"baseline", `id="cpu"`},
		{"baseline", `id="percentiles"`}, {"baseline", "Memory of a connection: no result has conn-B"},
		{"baseline", "There are no histograms of this run"},
		{"child", "server, kernel"}, {"child", `class="thin s0"`}, {"child", " echoes a sample<"}, {"child", "beyond this point lie fewer than 10"},
		{"rate", `id="offered"`}, {"rate", `class="cross s1"`}, {"rate", "the system could not keep up"},
		{"idle", `id="memory"`}, {"maxrate", `id="maxrate"`}, {"maxrate", "slo=p99=20ms"},
		{"compare", "unclear"}, {"compare", "placebo/old"}, {"two files", `>slower<`}, {"two files", "make compare runs both in turns"}, {"two files", "Throughput against workers"},
		{"commits", "03abcdef0"}, {"commits", "ratio to the reference"},
		{"history", `id="history"`}, {"history", "07-abcdef0"},
		{"2,000 cells", "There are more than 40 plots"}, {"2,000 cells", "more rows, which the CSV has"},
		{"one cell", "too few for an interval"}, {"one cell", "a comparison needs two transports"},
		{"two placements", "server: child"}, {"two placements", "results of servers in 2 places: inproc, child"},
		{"another program", `id="benchmarks"`}, {"another program", "Decode/text=digits/level=speed-8"},
		{"profile", "unclassified"}, {"no needed units", "no result has ops/s"}, {"no needed units", "Encode"},
		{"cut lines", "Lines that could not be read"},
	} {
		if !strings.Contains(html[c.page], c.want) {
			t.Errorf("the page %q lacks %q", c.page, c.want)
		}
	}
}

// TestNothingToShow: what has no results is an error of one line.
func TestNothingToShow(t *testing.T) {
	folder := t.TempDir()
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "verdict.csv"), []byte("a,b\n1,2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		results []string
		want    string
	}{
		{nil, "report: no results"},
		{[]string{"testdata/none.txt"}, "report: stat testdata/none.txt: no such file"},
		{[]string{file(t, "text.txt", "hello\nworld\n")}, "report: cells: text.txt: no benchmark results"},
		{[]string{file(t, "bytes.txt", "\x00\xff\x01")}, "report: cells: bytes.txt: no benchmark results"},
		{[]string{folder}, "neither verdict.csv, history.csv nor a results file"},
		{[]string{broken}, "there is no column benchmark"},
	} {
		var b bytes.Buffer
		err := Write(&b, c.results...)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || b.Len() > 0 {
			t.Errorf("%q: %v and %d bytes, want %q", c.results, err, b.Len(), c.want)
		}
	}
}

// TestUnknownRatios: ratios without an interval, or without a value, are said to be so.
func TestUnknownRatios(t *testing.T) {
	ratios, err := readVerdicts(strings.Join(neededColumns, ",") + "\nBenchmarkA,ns/op,1.5,0,+Inf,1,0,+Inf,unclear\nBenchmarkB,ns/op,NaN,NaN,NaN,NaN,NaN,NaN,unmeasurable\n")
	if err != nil || len(ratios) != 2 {
		t.Fatalf("%d ratios, %v", len(ratios), err)
	}
	if r := ratios[0].value; r.Low != 1.5 || r.High != 1.5 || !strings.Contains(r.Tip, "1.500, too few rounds for an interval") {
		t.Errorf("a ratio without an interval: %+v", r)
	}
	var s section
	s.addRatios(ratios, 25)
	if len(s.Plots) != 1 || notANumber.MatchString(string(s.Plots[0])) || !strings.Contains(s.Table.Text(), "unmeasurable") {
		t.Errorf("%d plots, table\n%s", len(s.Plots), s.Table.Text())
	}
}

// TestHostileText: text of a results file stays text.
func TestHostileText(t *testing.T) {
	html := string(write(t, file(t, "x.txt", "# <script>alert(1)</script>\n"+lines(`Echo/proto=<b>"&/size=64B/par=1`, 6, threeUnits, 10)+lines("</svg><script>x", 2, threeUnits, 5))))
	for _, bad := range []string{"<script", "<b>", `proto="&`} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
}

// TestDownloads: the page has the results file, byte for byte, and tables as CSV.
func TestDownloads(t *testing.T) {
	html := string(write(t, "testdata/child.txt"))
	want, err := os.ReadFile("testdata/child.txt")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`download="child.txt.gz" href="data:application/gzip;base64,([^"]*)"`).FindStringSubmatch(html)
	if match == nil {
		t.Fatal("no results file in the page")
	}
	if got := gunzip(t, strings.ReplaceAll(match[1], "&#43;", "+")); !bytes.Equal(got, want) {
		t.Errorf("the results file in the page has %d bytes, want %d", len(got), len(want))
	}
	csv := tableOf(t, html, "throughput")
	if !strings.HasPrefix(csv, "transport,size,workers,further,unit,median,low,high,samples\n") || strings.Count(csv, "\n") != 13 {
		t.Errorf("the table of the throughput is\n%s", csv)
	}
}

func gunzip(t *testing.T, text string) []byte {
	t.Helper()
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// tableOf returns the CSV of a section.
func tableOf(t *testing.T, html, id string) string {
	t.Helper()
	match := regexp.MustCompile(`download="` + id + `.csv(\.gz)?" href="data:[^,]*,([^"]*)"`).FindStringSubmatch(html)
	if match == nil {
		t.Fatalf("the page has no %s.csv", id)
	}
	text := strings.ReplaceAll(match[2], "&#43;", "+")
	if match[1] != "" {
		return string(gunzip(t, text))
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestLargeRun: 125 cells with 10 samples of all metrics, and histograms of each sample.
func TestLargeRun(t *testing.T) {
	name := largeRun(t)
	f, err := cells.ReadFile(name)
	if err != nil || len(f.Cells) != 125 {
		t.Fatalf("%v", err)
	}
	html := write(t, name)
	if len(html) > maxPage {
		t.Errorf("%d bytes, want %d at most", len(html), maxPage)
	}
	if n := len(plotPattern.FindAll(html, -1)); n < 40 {
		t.Errorf("%d plots", n)
	}
	t.Log(fmt.Sprint(len(html), " bytes"))
}
