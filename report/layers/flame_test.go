package layers

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFrames: only stacks that read from a connection or write to it have a depth, which
// ends at the harness.
func TestFrames(t *testing.T) {
	const (
		module = "github.com/echobench/echobench/"
		read   = "internal/runtime/syscall/linux.Syscall6 syscall.RawSyscall6 syscall.Read internal/poll.(*FD).Read net.(*conn).Read "
	)
	for _, c := range []struct {
		stack      string // the innermost function is the first
		all, above int
		ok         bool
	}{
		{read + module + "stream.(*Client).Echo " + module + "internal/run/loop.(*single).Run sync.(*WaitGroup).Go.func1", 6, 1, true},
		{read + "bufio.(*Reader).Read net/http.(*persistConn).Read net/http.(*persistConn).readLoop", 8, 3, true},
		{"runtime.futex runtime.entersyscall syscall.Read internal/poll.(*FD).Read net.(*conn).Read " + module + "stream.(*Client).Echo", 0, 0, false},
		{"internal/runtime/syscall/linux.Syscall6 internal/runtime/syscall/linux.EpollWait runtime.netpoll runtime.findRunnable", 0, 0, false},
		{"runtime.memmove internal/poll.(*FD).Read net.(*conn).Read", 0, 0, false},
		{"", 0, 0, false},
	} {
		all, above, ok := stack{strings.Fields(c.stack), 1}.frames()
		if all != c.all || above != c.above || ok != c.ok {
			t.Errorf("%s: %d frames, %d above, %t, want %d, %d, %t", c.stack, all, above, ok, c.all, c.above, c.ok)
		}
	}
}

// TestFlames: functions are above their callers, are as wide as their samples, and have the
// colours of their layers. A cell without samples has no file.
func TestFlames(t *testing.T) {
	folder, to := t.TempDir(), t.TempDir()
	for name, stacks := range map[string]map[string]int64{
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1.1.client.cpu.pprof": {"runtime.futex runtime.schedule": 10, "runtime.schedule": 20},
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1.2.client.cpu.pprof": {"example.com/a.F[go.shape.*uint8/b]": 10},
		"BenchmarkEcho_proto=tcp_size=4KiB_par=1.1.server.cpu.pprof": {},
	} {
		writeProfile(t, filepath.Join(folder, name), stacks)
	}
	if err := WriteFlames(to, folder); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(to)
	if err != nil || len(files) != 1 || files[0].Name() != "BenchmarkEcho_proto=tcp_size=4KiB_par=1.client.svg" {
		t.Fatalf("files %v, error %v, want one for the client", files, err)
	}
	text, err := os.ReadFile(filepath.Join(to, files[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(strings.NewReader(string(text))); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	var frames []string
	for element := range strings.SplitAfterSeq(string(text), "</rect>") {
		if i := strings.Index(element, "<rect class=\"frame"); i >= 0 && strings.Contains(element, "<title>") {
			frames = append(frames, element[i:])
		}
	}
	want := []string{
		`<rect class="frame" x="6" y="80" width="1188" height="17"><title>all: 100.0%, 40 samples</title></rect>`,
		`<rect class="frame s9" x="6" y="63" width="297" height="17"><title>example.com/a.F[go.shape.*uint8/b]: 25.0%, 10 samples, unclassified</title></rect>`,
		`<rect class="frame s1" x="303" y="63" width="891" height="17"><title>runtime.schedule: 75.0%, 30 samples, poller+scheduler</title></rect>`,
		`<rect class="frame s0" x="303" y="46" width="297" height="17"><title>runtime.futex: 25.0%, 10 samples, kernel</title></rect>`,
	}
	if !slices.Equal(frames, want) {
		t.Errorf("the frames are\n%s\nwant\n%s", strings.Join(frames, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(string(text), ">a.F[go.shape.*uint8/b]</text>") {
		t.Error("the name of a function does not begin with its package's")
	}
}
