package layers

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/echobench/echobench/internal/measure/cells"
)

// BenchmarkAgainstUsage measures by how much the shares differ from the system time and
// the processor time that the operating system counts:
//
//	cd report && go test -run '^$' -bench AgainstUsage -benchtime 1x -timeout 30m ./layers
func BenchmarkAgainstUsage(b *testing.B) {
	for _, proto := range []string{"tcp", "rest", "grpc"} {
		for _, par := range []string{"1", "50"} {
			b.Run("proto="+proto+"/par="+par, func(b *testing.B) {
				for b.Loop() {
					compare(b, proto, par)
				}
				b.ReportMetric(0, "ns/op") // removes it
			})
		}
	}
}

// echoes is the number of echoes in a sample of BenchmarkAgainstUsage.
const echoes = 200000

// hertz is the number of a profile's samples for a second of processor time.
const hertz = 100

// compare measures a cell and reports, for each end, the kernel's share in the profiles and in
// the figures of the operating system, what is unclassified, and how much of the processor
// time the profiles have seen.
func compare(b *testing.B, proto, par string) {
	folder := b.TempDir()
	cmd := exec.CommandContext(b.Context(), "go", "test", "-run", "^$", "-bench", "Echo$", "-benchtime", fmt.Sprint(echoes, "x"), "-count", "5", ".",
		"-proto", proto, "-size", "4KiB", "-par", par, "-server", "child", "-metrics", "kernel", "-profile", folder)
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	file, err := cells.Read("results", bytes.NewReader(out))
	if err != nil || len(file.Cells) != 1 {
		b.Fatalf("%v: %s", err, out)
	}
	profiled, err := readFolder(folder)
	if err != nil || len(profiled) != 2 {
		b.Fatalf("%d ends, %v", len(profiled), err)
	}
	for i, end := range []struct{ name, prefix string }{{"client", ""}, {"server", "srv-"}} {
		user, sys := total(file.Cells[0], end.prefix+"user-sec/op"), total(file.Cells[0], end.prefix+"sys-sec/op")
		n := float64(profiled[i].samples.total())
		b.ReportMetric(float64(profiled[i].samples[kernel])/n, end.name+"-kernel")
		b.ReportMetric(sys/(user+sys), end.name+"-sys")
		b.ReportMetric(float64(profiled[i].samples[unclassified])/n, end.name+"-unclassified")
		b.ReportMetric(n/hertz/(user+sys), end.name+"-seen")
	}
}

// total returns the sum of the values that all samples of a cell have of a unit in seconds
// for each echo, in seconds.
func total(c *cells.Cell, unit string) (seconds float64) {
	for _, value := range c.Samples(unit) {
		seconds += value * echoes
	}
	return seconds
}
