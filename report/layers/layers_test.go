package layers

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

var (
	profiles = flag.String("profiles", "", "a folder with the profiles whose shares TestWrite writes")
	output   = flag.String("shares", "", "the file that TestWrite writes")
	table    = flag.String("table", "", "the file in which TestWrite sets the shares beside those of -study")
	flames   = flag.String("flames", "", "the folder in which TestWrite writes flame graphs")
	study    = flag.String("study", filepath.Join("..", "..", "testdata", "published", "kernel-study-layers.txt"), "a results file with shares of clients")
)

// TestWrite writes the shares of the profiles in the folder of -profiles.
func TestWrite(t *testing.T) {
	if *profiles == "" {
		t.Skip("no -profiles")
	}
	if *output == "" {
		t.Fatal("-profiles without -shares: want the file to write")
	}
	var b bytes.Buffer
	if err := Write(&b, *profiles); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*output, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if *flames != "" {
		if err := WriteFlames(*flames, *profiles); err != nil {
			t.Fatal(err)
		}
	}
	if *table == "" {
		return
	}
	b.Reset()
	if err := WriteTable(&b, *profiles, *study); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*table, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestClassify(t *testing.T) {
	const module = "github.com/echobench/echobench/"
	for _, c := range []struct {
		stack string // the innermost function is the first
		want  layer
	}{
		{"internal/runtime/syscall/linux.Syscall6 syscall.RawSyscall6 internal/poll.(*FD).Write net.(*conn).Write " + module + "stream.Answer", kernel},
		{"runtime.futex runtime.futexwakeup runtime.notewakeup runtime.schedule", kernel},
		{"runtime.madvise runtime.(*scavengerState).run runtime.bgscavenge", kernel},
		{"runtime.runqget runtime.findRunnable runtime.schedule runtime.park_m runtime.mcall", scheduler},
		{"runtime.casgstatus runtime.gopark runtime.chanrecv google.golang.org/grpc.(*Server).serve", scheduler},
		{"internal/poll.(*FD).readUnlock internal/poll.(*FD).Read net.(*conn).Read bufio.(*Reader).Read net/http.(*conn).serve", scheduler},
		{"runtime.scanobject runtime.gcDrain runtime.gcBgMarkWorker", gc},
		{"runtime.gcDrainN runtime.gcAssistAlloc1 runtime.mallocgc runtime.newobject net/http.readRequest", gc},
		{"runtime.nextFreeFast runtime.mallocgc runtime.newobject net/http.readRequest", allocation},
		{"runtime.memclrNoHeapPointers runtime.mallocgc runtime.makeslice io.ReadAll", allocation},
		{"runtime.pcvalue runtime.adjustframe runtime.copystack runtime.newstack", allocation},
		{"runtime.memmove runtime.growslice net/http.readRequest", copying},
		{"runtime.memmove bytes.(*Buffer).Write net/http.(*response).write", copying},
		{"crypto/internal/fips140/aes/gcm.gcmAesEnc crypto/tls.(*Conn).Write net/http.(*conn).serve", tls},
		{"google.golang.org/protobuf/encoding/protowire.ConsumeBytes " + module + "payload.(*Payload).Unmarshal google.golang.org/grpc.recv", serialization},
		{"aeshashbody internal/runtime/maps.(*Map).getWithKey net/textproto.MIMEHeader.Get net/http.readRequest", library},
		{"vendor/golang.org/x/net/http/httpguts.ValidHeaderFieldName net/http.(*Transport).roundTrip", library},
		{"slices.SortFunc[go.shape.[]a/b.C] google.golang.org/grpc/internal/transport.(*loopyWriter).run", library},
		{"type:.eq.golang.org/x/net/http2/hpack.pairNameValue runtime.mapaccess1 golang.org/x/net/http2/hpack.(*Encoder).WriteField", library},
		{"gogo", scheduler},
		{module + "stream.(*Client).Echo " + module + "internal/run/loop.(*single).Run", library},
		{"runtime.nanotime time.Now " + module + "internal/run/loop.(*Clock).Now", harness},
		{"example.com/own.(*Client).Echo " + module + "internal/run/loop.(*single).Run", unclassified},
		{"runtime._System", unclassified},
		{"", unclassified},
	} {
		if got := classify(strings.Fields(c.stack)); got != c.want {
			t.Errorf("%s: %s, want %s", c.stack, got, c.want)
		}
	}
}

// TestEveryLayerIsWritten: no table has a layer that Write leaves out.
func TestEveryLayerIsWritten(t *testing.T) {
	known := map[layer]bool{caller: true}
	for _, l := range order {
		known[l] = true
	}
	for path, l := range packages {
		if !known[l] {
			t.Errorf("%s: %q is not written", path, l)
		}
	}
}

// writeProfile writes a CPU profile in which each stack, whose functions are separated by
// spaces, has a number of samples.
func writeProfile(t *testing.T, name string, stacks map[string]int64) {
	t.Helper()
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 1e7,
	}
	for stack, count := range stacks {
		sample := &profile.Sample{Value: []int64{count, count * 1e7}}
		for _, function := range strings.Fields(stack) {
			f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: function}
			p.Function = append(p.Function, f)
			l := &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{{Function: f}}}
			p.Location = append(p.Location, l)
			sample.Location = append(sample.Location, l)
		}
		p.Sample = append(p.Sample, sample)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := p.Write(f); err != nil {
		t.Fatal(err)
	}
}

// TestSharesOfAFolder: the samples of a cell and end are added up, and other files do not
// count.
func TestSharesOfAFolder(t *testing.T) {
	folder := t.TempDir()
	const read = "internal/runtime/syscall/linux.Syscall6 net.(*conn).Read"
	for name, stacks := range map[string]map[string]int64{
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1.1.server.cpu.pprof":          {read: 60, "example.com/own.f": 10},
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1.2.server.cpu.pprof":          {read: 20, "runtime.memmove": 10},
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1.1.client.cpu.pprof":          {read: 1},
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1_rate=2.5-2.1.both.cpu.pprof": {},
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1.1.server.heap-after.pprof":   {read: 1000},
	} {
		writeProfile(t, filepath.Join(folder, name), stacks)
	}
	var b strings.Builder
	if err := Write(&b, folder); err != nil {
		t.Fatal(err)
	}
	const want = `# shares of the processor time by layer, from CPU profiles
BenchmarkEcho/proto=tcp/size=4KiB/par=1/end=client 1 1.0000 share-kernel 0.0000 share-poller+scheduler 0.0000 share-gc 0.0000 share-allocation 0.0000 share-copying 0.0000 share-tls 0.0000 share-serialization 0.0000 share-library 0.0000 share-harness 0.0000 share-unclassified
# 95% intervals: kernel 20.7-100.0%
BenchmarkEcho/proto=tcp/size=4KiB/par=1/end=server 100 0.8000 share-kernel 0.0000 share-poller+scheduler 0.0000 share-gc 0.0000 share-allocation 0.1000 share-copying 0.0000 share-tls 0.0000 share-serialization 0.0000 share-library 0.0000 share-harness 0.1000 share-unclassified
# 95% intervals: kernel 71.1-86.7%, copying 5.5-17.4%, unclassified 5.5-17.4%
# BenchmarkEcho/proto=tcp/size=4KiB/par=1/rate=2.5-2: its profiles have no samples: measure longer
`
	if got := b.String(); got != want {
		t.Errorf("the shares are\n%s\nwant\n%s", got, want)
	}
}

func TestBadFolders(t *testing.T) {
	broken, heap := t.TempDir(), t.TempDir()
	const file = "BenchmarkEcho_proto=tcp.1.both.cpu.pprof"
	if err := os.WriteFile(filepath.Join(broken, file), []byte("\x1f\x8bcut"), 0o666); err != nil {
		t.Fatal(err)
	}
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "alloc_space", Unit: "bytes"}}, PeriodType: &profile.ValueType{}}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(heap, file), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{
		t.TempDir():                      "layers: no CPU profile of -profile in ",
		filepath.Join(broken, "nowhere"): "layers: open ",
		broken:                           "layers: " + file + ": ",
		heap:                             "layers: " + file + ": not a CPU profile of Go",
	} {
		if err := Write(new(bytes.Buffer), folder); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if err := WriteTable(new(bytes.Buffer), folder, *study); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("table: error %v, want %q", err, want)
		}
	}
}

// TestInterval: of 200 samples, a share of 50% is known to 7 points.
func TestInterval(t *testing.T) {
	low, high := interval(100, 200)
	if math.Abs(low-0.431) > 0.001 || math.Abs(high-0.569) > 0.001 {
		t.Errorf("100 of 200: %v to %v, want 0.431 to 0.569", low, high)
	}
	if low, _ := interval(0, 10); low != 0 {
		t.Errorf("0 of 10: from %v", low)
	}
}
