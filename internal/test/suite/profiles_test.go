package suite_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// A profileFile is what the tests read of a profile.
type profileFile struct {
	strings  []string // units, and names of functions, files and binaries
	values   []int64  // sums over the samples
	duration time.Duration
}

// has reports whether the profile has a function.
func (p profileFile) has(function string) bool {
	return slices.ContainsFunc(p.strings, func(s string) bool { return strings.HasSuffix(s, "."+function) })
}

// readProfile reads a profile in pprof's format: see profile.proto of
// github.com/google/pprof.
func readProfile(t *testing.T, name string) (p profileFile) {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(readFile(t, name)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	eachField(t, text, func(number protowire.Number, n uint64, field []byte) {
		switch number {
		case 2:
			eachField(t, field, func(number protowire.Number, _ uint64, packed []byte) {
				if number == 2 {
					p.add(packed)
				}
			})
		case 6:
			p.strings = append(p.strings, string(field))
		case 10:
			p.duration = time.Duration(n)
		}
	})
	return p
}

// add adds the packed values of a sample.
func (p *profileFile) add(packed []byte) {
	for i := 0; len(packed) > 0; i++ {
		value, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			return
		}
		if i == len(p.values) {
			p.values = append(p.values, 0)
		}
		p.values[i] += int64(value)
		packed = packed[n:]
	}
}

// eachField calls f for each field of a message, with its number and its value, which is
// a number or bytes.
func eachField(t *testing.T, message []byte, f func(number protowire.Number, n uint64, field []byte)) {
	t.Helper()
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		message = message[n:]
		var value uint64
		var field []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			field, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		f(number, value, field)
		message = message[n:]
	}
}

// filesIn returns the names of the files in a folder.
func filesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

const computes = "BenchmarkFixture_proto=computes_size=64B_par=2"

// TestProfilesOfTheProcess: there is a CPU profile of each sample, of what was measured and
// not of the warm-up, in which the server computes for 5 ms in each of 60 echoes.
func TestProfilesOfTheProcess(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new", "folder")
	start := time.Now()
	out, ok := runFixture(t, "-proto=computes", "-alone", "-profile="+folder)
	all := time.Since(start)
	if !ok {
		t.Fatal(out)
	}
	if names := filesIn(t, folder); !slices.Equal(names, []string{computes + ".1.both.cpu.pprof"}) {
		t.Fatalf("files %q", names)
	}
	p := readProfile(t, filepath.Join(folder, computes+".1.both.cpu.pprof"))
	if !p.has("computeLater") || p.has("computeAtFirst") {
		t.Errorf("want computeLater and not computeAtFirst in %q", p.strings)
	}
	line := regexp.MustCompile(`(?m)^BenchmarkFixture/proto=computes\S*\s+2000\s+(\d+) ns/op`).FindStringSubmatch(out)
	if line == nil {
		t.Fatal(out)
	}
	perEcho, _ := strconv.Atoi(line[1])
	measured := 2000 * time.Duration(perEcho)
	// The clients' workers are two, so that the warm-up takes half of 60 times 5 ms at least.
	if p.duration < measured*99/100 || p.duration > all-150*time.Millisecond {
		t.Errorf("the profile is of %v, want at least %v, as measured, and less than %v, which the process took, without the warm-up", p.duration, measured, all)
	}
}

// TestProfilesOfEachEnd: each process profiles itself.
func TestProfilesOfEachEnd(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	out, ok := runFixture(t, "-proto=computes", "-alone", "-profile="+folder, "-server=child", "-test.cpu=1,2", "-test.count=2")
	if !ok {
		t.Fatal(out)
	}
	var want []string
	for _, sample := range []string{"-1.1", "-1.2", "-2.1", "-2.2"} {
		want = append(want, computes+sample+".client.cpu.pprof", computes+sample+".server.cpu.pprof")
	}
	if names := filesIn(t, folder); !slices.Equal(names, want) {
		t.Fatalf("files %q, want %q", names, want)
	}
	for _, name := range want {
		p := readProfile(t, filepath.Join(folder, name))
		server := strings.Contains(name, "server")
		if !slices.Contains(p.strings, "nanoseconds") || p.has("computeLater") != server || p.has("computeAtFirst") {
			t.Errorf("%s: want computeLater only of the server, and computeAtFirst of none, in %q", name, p.strings)
		}
	}
}

// TestHeapProfiles: what is between the heap profiles of a server is what it allocates.
func TestHeapProfiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	out, ok := runFixture(t, "-proto=allocates", "-alone", "-profile="+folder+",heap", "-server=child")
	if !ok {
		t.Fatal(out)
	}
	var names []string
	for _, end := range []string{"client", "server"} {
		for _, kind := range []string{"cpu", "heap-after", "heap-before"} {
			names = append(names, "BenchmarkFixture_proto=allocates_size=64B_par=2.1."+end+"."+kind+".pprof")
		}
	}
	if got := filesIn(t, folder); !slices.Equal(got, names) {
		t.Fatalf("files %q, want %q", got, names)
	}
	var allocated [2]int64 // at each end
	for i := range allocated {
		before, after := readProfile(t, filepath.Join(folder, names[3*i+2])), readProfile(t, filepath.Join(folder, names[3*i+1]))
		if len(after.values) != 4 || len(before.values) != 4 || !slices.Contains(after.strings, "alloc_space") {
			t.Fatalf("%v and %v, want heap profiles with four values", before, after)
		}
		allocated[i] = after.values[1] - before.values[1]
	}
	// 2000 echoes of 100 KiB.
	if allocated[0] > 50e6 || allocated[1] < 100e6 || allocated[1] > 400e6 {
		t.Errorf("the ends allocated %v bytes, want few and about 200 MB", allocated)
	}
}

// TestProfilesAndFailures: a server that dies leaves no profile, and other cells have theirs.
func TestProfilesAndFailures(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	out, ok := runFixture(t, "-proto=panics", "-profile="+folder, "-server=child")
	if ok || !healthyLine.MatchString(out) {
		t.Errorf("want a failure and the next cell (exit 0: %v):\n%s", ok, out)
	}
	const healthy = "BenchmarkFixture_proto=healthy_size=64B_par=2.1."
	if names := filesIn(t, folder); !slices.Equal(names, []string{healthy + "client.cpu.pprof", healthy + "server.cpu.pprof"}) {
		t.Errorf("files %q, want those of the healthy cell alone", names)
	}
}

// TestProfilesThatCannotBeTaken: nothing is measured first.
func TestProfilesThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 10), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"-profile=folder", "-test.cpuprofile=" + filepath.Join(t.TempDir(), "cpu")}, "echobench: profiles in folder and -cpuprofile "},
		{[]string{"-profile=" + file}, "echobench: the folder for profiles: "},
	} {
		if out, ok := runFixture(t, c.flags...); ok || !strings.Contains(out, c.want) || strings.Contains(out, "ns/op") {
			t.Errorf("%q: want %q and no result (exit 0: %v):\n%s", c.flags, c.want, ok, out)
		}
	}
}
