package child

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The time that a child of a test has to answer, or not to answer.
const (
	long  = 20 * time.Second
	short = 100 * time.Millisecond
)

// exchange starts a child, makes a run's two requests and closes the child. It
// returns the first error.
func exchange(behaviour string, timeout time.Duration) error {
	p, err := start(Order{Benchmark: benchmark, Variant: behaviour}, timeout)
	if err != nil {
		return err
	}
	_, err = p.Begin(nil, false)
	if err == nil {
		_, _, err = p.End()
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	return err
}

// TestChildOutputIsNoAnswer: whatever a child writes to its standard output and
// standard error, it can serve.
func TestChildOutputIsNoAnswer(t *testing.T) {
	for _, behaviour := range []string{"behaves", "logs", "floods", "closes its output"} {
		t.Run(behaviour, func(t *testing.T) {
			if err := exchange(behaviour, long); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestChildOutputTakesLittleMemory: 100 MB without a newline are not kept.
func TestChildOutputTakesLittleMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := exchange("floods", long); err != nil {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Errorf("%d bytes allocated, want 8 MiB at most", n)
	}
}

func TestHostileChildren(t *testing.T) {
	for _, c := range []struct {
		behaviour string
		timeout   time.Duration
		want      string
	}{
		{"is mute", short, "server process: no reply within 100ms; it wrote: nothing"},
		{"writes garbage", long, `server process: unreadable reply "garbage": `},
		{"answers at length", long, "server process: a reply exceeds the limit of 16777216 bytes"},
		{"closes its replies", 2 * time.Second, "server process: it has closed the pipe for its replies; it wrote: nothing"},
		{"exits", long, "the server process ended with exit status 3; "},
		{"panics", long, "panic: the reason of the panic"},
		{"repeats its address", long, "server process: it answered request 0 when request 1 was asked"},
		{"answers twice", long, "server process: it answered request 1 when request 2 was asked"},
		{"answers nothing", 500 * time.Millisecond, "server process: no reply within 500ms"},
		{"answers without usage", long, "server process: its reply has no usage"},
		{"answers with an error", long, "server process: no figures today"},
		{"exits when asked", long, "server process: the server process ended with exit status 3; "},
	} {
		t.Run(c.behaviour, func(t *testing.T) {
			t.Parallel()
			err := exchange(c.behaviour, c.timeout)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestMuteChildIsKilled: Close ends a child that does not end by itself.
func TestMuteChildIsKilled(t *testing.T) {
	err := exchange("is mute", short)
	if want := "the server process did not end within 100ms and was killed"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// TestChildLeavesNoFiles: a child's temporary files do not outlive it, even if it is
// killed.
func TestChildLeavesNoFiles(t *testing.T) {
	for _, behaviour := range []string{"leaves a file", "leaves a file and dies"} {
		t.Run(behaviour, func(t *testing.T) {
			folder := t.TempDir()
			for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
				t.Setenv(name, folder)
			}
			exchange(behaviour, long)
			files, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			if len(files) > 0 {
				t.Errorf("%v is left", files)
			}
		})
	}
}

// TestChildHasRoomForASocket: the path of a socket in the child's folder is not too long,
// although TMPDIR is.
func TestChildHasRoomForASocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no /tmp")
	}
	folder := filepath.Join(t.TempDir(), strings.Repeat("l", 100))
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", folder)
	p, err := start(Order{Benchmark: benchmark, Variant: "has a socket"}, long)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(p.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the child's folder %s remains: %v", p.folder, err)
	}
}
