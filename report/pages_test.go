package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A named page is a page of results that the tests look at.
type namedPage struct {
	name string
	html []byte
}

// write returns the page about the results.
func write(t *testing.T, results ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, results...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// file writes a results file and returns its name.
func file(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// lines returns samples of a benchmark whose values vary by some percent.
func lines(name string, samples int, format string, value float64) string {
	var b strings.Builder
	for n := range samples {
		v := value * (1 + 0.01*float64(n))
		fmt.Fprintf(&b, "Benchmark%s 100 "+format+"\n", name, v, v, v)
	}
	return b.String()
}

const threeUnits = "%f p50-ns %f p99-ns %f ops/s"

// manySeries returns results of 12 transports with long names and close values.
func manySeries() string {
	var b strings.Builder
	for n := range 12 {
		for _, par := range []int{1, 10, 100} {
			b.WriteString(lines(fmt.Sprintf("Echo/proto=transportnumber%d/size=64B/par=%d-2", n, par), 6, threeUnits, float64(5000*par+50*n)))
		}
	}
	return b.String()
}

// manyCells returns results of 2,000 cells.
func manyCells() string {
	var b strings.Builder
	for proto := range 10 {
		for size := range 20 {
			for par := range 10 {
				b.WriteString(lines(fmt.Sprintf("Echo/proto=p%d/size=%dB/par=%d-2", proto, 64*(size+1), 1+par), 2, threeUnits, float64(1000*(1+par)+10*proto)))
			}
		}
	}
	return b.String()
}

// history returns a folder of results files.
func historyFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for n := range 8 {
		text := lines("Echo/proto=tcp/size=64B/par=1-2", 6, threeUnits, 1000*(1+0.1*float64(n%3)))
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%02d-abcdef0.txt", n)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// commitsFolder returns a folder as compare.History writes it.
func commitsFolder(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("number,commit,date,benchmark,unit,old,new,ratio,low,high,placebo_ratio,placebo_low,placebo_high,rounds,verdict\n")
	for n := range 12 {
		for _, unit := range []string{"ns/op", "p99-ns"} {
			ratio := 1 + 0.05*float64(n/4)
			fmt.Fprintf(&b, "%d,%02dabcdef0123456789,2026-11-%02dT00:00:00Z,BenchmarkEcho/proto=tcp/size=64B/par=50-2,%s,100,%.0f,%.3f,%.3f,%.3f,1.01,0.97,1.04,20,same\n",
				n+1, n, n+1, unit, 100*ratio, ratio, ratio-.03, ratio+.03)
		}
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "history.csv"), []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return folder
}

// layers returns results with the shares of a profile.
func layers() string {
	var b strings.Builder
	for _, proto := range []string{"tcp", "rest", "grpc"} {
		for range 6 {
			fmt.Fprintf(&b, "BenchmarkEcho/proto=%s/size=4KiB/par=1-2 1 0.02 share-unclassified 0.5 share-kernel 0.2 share-poller+scheduler 0.1 share-gc 0.08 share-copying 0.1 share-library\n", proto)
		}
	}
	return b.String()
}

// made are the pages that several tests look at.
var made []namedPage

// pages returns a page of each kind.
func pages(t *testing.T) []namedPage {
	t.Helper()
	if made == nil {
		made = makePages(t)
	}
	return made
}

func makePages(t *testing.T) []namedPage {
	t.Helper()
	baseline := filepath.Join("..", "testdata", "baseline.txt")
	placements := "server: inproc\n" + lines("Echo/proto=tcp/size=64B/par=1-2", 6, threeUnits, 1000) +
		"server: child\n" + lines("Echo/proto=tcp/size=64B/par=1-2", 6, threeUnits, 2000)
	return []namedPage{
		{"baseline", write(t, baseline)},
		{"child", write(t, "testdata/child.txt")},
		{"rate", write(t, "testdata/rate.txt")},
		{"idle", write(t, "testdata/idle.txt")},
		{"maxrate", write(t, "testdata/maxrate.txt")},
		{"compare", write(t, "testdata/compare")},
		{"two files", write(t, baseline, file(t, "new.txt", "server: inproc\n"+lines("Echo/proto=tcp/size=64B/par=1-2", 6, threeUnits, 90000)))},
		{"history", write(t, historyFolder(t))},
		{"commits", write(t, commitsFolder(t))},
		{"12 series", write(t, file(t, "12.txt", manySeries()))},
		{"2,000 cells", write(t, file(t, "2000.txt", manyCells()))},
		{"one cell", write(t, file(t, "one.txt", "BenchmarkEcho/proto=tcp/size=64B/par=1 1 5 ns/op 7 ops/s 8 p50-ns\n"))},
		{"two placements", write(t, file(t, "placements.txt", placements))},
		{"another program", write(t, file(t, "other.txt", lines("Decode/text=digits/level=speed-8", 6, "%f ns/op %f B/op %f allocs/op", 70)+lines("A-8", 1, "%f ns/op %f B/op %f allocs/op", 7e6)))},
		{"profile", write(t, file(t, "layers.txt", layers()))},
		{"no needed units", write(t, file(t, "units.txt", "BenchmarkEcho/proto=tcp/size=64B/par=1 1 5 B/op\n"+lines("Encode", 6, "%f ns/op %f B/op %f allocs/op", 3)))},
		{"cut lines", write(t, file(t, "cut.txt", manySeries()[:5000]+"BenchmarkEcho/proto=tcp/si"))},
	}
}
