package layers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/measure/cells"
)

// wantTable is the table of TestTable without its title and notes.
const wantTable = `
Echo/proto=rest/size=4KiB/par=1
                               client               server  study's client  without blocked
kernel              80.0 [71.1, 86.7]                    -               -                -
  of it, futex      20.0 [13.3, 28.9]                    -            5.00             25.0
poller+scheduler     0.0 [ 0.0,  3.7]                    -               -                -
gc                   0.0 [ 0.0,  3.7]                    -           15.00             75.0
allocation           0.0 [ 0.0,  3.7]                    -               -                -
copying             20.0 [13.3, 28.9]                    -               -                -
tls                  0.0 [ 0.0,  3.7]                    -               -                -
serialization        0.0 [ 0.0,  3.7]                    -               -                -
library              0.0 [ 0.0,  3.7]                    -               -                -
harness              0.0 [ 0.0,  3.7]                    -               -                -
unclassified         0.0 [ 0.0,  3.7]                    -               -                -
blocked                             -                    -           80.00                -
samples                           100                    0
frames of I/O              3 (3 to 3)                    -          2 to 3                -
  above net.Conn           0 (0 to 0)                    -               -                -

Echo/proto=tcp/size=4KiB/par=1
                            both ends  study's client  without blocked
kernel            100.0 [72.2, 100.0]               -                -
  of it, futex       0.0 [ 0.0, 27.8]               -                -
poller+scheduler     0.0 [ 0.0, 27.8]               -                -
gc                   0.0 [ 0.0, 27.8]               -                -
allocation           0.0 [ 0.0, 27.8]               -                -
copying              0.0 [ 0.0, 27.8]               -                -
tls                  0.0 [ 0.0, 27.8]               -                -
serialization        0.0 [ 0.0, 27.8]               -                -
library              0.0 [ 0.0, 27.8]               -                -
harness              0.0 [ 0.0, 27.8]               -                -
unclassified         0.0 [ 0.0, 27.8]               -                -
blocked                             -               -                -
samples                            10
frames of I/O              3 (3 to 3)               -                -
  above net.Conn           0 (0 to 0)               -                -
`

// TestTable: ends are columns, the study's client is found by name, and what one lacks is a
// dash.
func TestTable(t *testing.T) {
	folder := t.TempDir()
	const read = "internal/runtime/syscall/linux.Syscall6 internal/poll.(*FD).Read net.(*conn).Read"
	for name, stacks := range map[string]map[string]int64{
		"BenchmarkEcho_proto=rest_size=4KiB_par=1.1.client.cpu.pprof": {read: 60, "runtime.futex runtime.notewakeup": 20, "runtime.memmove": 10},
		"BenchmarkEcho_proto=rest_size=4KiB_par=1.2.client.cpu.pprof": {"runtime.memmove": 10},
		"BenchmarkEcho_proto=rest_size=4KiB_par=1.1.server.cpu.pprof": {},
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1.1.both.cpu.pprof":    {read: 10},
	} {
		writeProfile(t, filepath.Join(folder, name), stacks)
	}
	published := filepath.Join(t.TempDir(), "study.txt")
	text := "BenchmarkEcho/proto=rest/size=4KiB/par=1/end=client 1 0.05 share-kernel-sync 0.15 share-gc 0.8 share-blocked 2 io-frames\n" +
		"BenchmarkEcho/proto=rest/size=4KiB/par=1/end=client 1 3 io-frames\n"
	if err := os.WriteFile(published, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := WriteTable(&b, folder, published); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != tableTitle+wantTable+tableNotes {
		t.Errorf("the table is\n%s\nwant\n%s", got, tableTitle+wantTable+tableNotes)
	}
	for line := range strings.Lines(b.String()) {
		if n := len(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("a line has %d columns, want at most 100: %s", n, line)
		}
	}
}

// TestStudy: the published shares are those of layers, and their sum is that of the study.
func TestStudy(t *testing.T) {
	file, err := cells.ReadFile(*study)
	if err != nil || len(file.Problems) > 0 {
		t.Fatal(err, file.Problems)
	}
	known := map[string]bool{}
	for _, r := range rows() {
		known[r.unit] = true
	}
	sums := map[string]float64{}
	for _, c := range file.Cells {
		for _, unit := range c.Units {
			if unit == "io-frames" {
				continue
			}
			e, _ := c.Estimate(unit)
			sums[c.Axis("proto")] += e.Median
			if !known[unit] {
				t.Errorf("%s: no row has the unit %s", c.Name, unit)
			}
		}
	}
	for _, proto := range []string{"rest", "grpc"} {
		if sum := sums[proto]; sum < 0.98 || sum > 1.02 {
			t.Errorf("%s: the shares add up to %v", proto, sum)
		}
	}
}
