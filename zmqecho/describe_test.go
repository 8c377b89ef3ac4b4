//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/internal/test/zmqtest"
	"github.com/echobench/echobench/payload"
)

func TestDescribeCountsFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("descriptors are counted in /proc")
	}
	eachServer(t, testDescribeCountsFiles)
}

func testDescribeCountsFiles(t *testing.T, tr *Transport) {
	const clients = 30
	before := openFiles(t)
	srv := echo.StartServer(t, tr)
	for i := range clients {
		testkit.MustEcho(t, testkit.Dial(t, tr, srv), uint64(i), 64)
	}
	bound, _ := tr.files(clients)
	got := openFiles(t) - before
	if got > bound {
		t.Errorf("%d clients and their server have %d descriptors open, want no more than %d, which Describe would return", clients, got, bound)
	}
	if bound > got+20 {
		t.Errorf("Describe would return %d descriptors where %d are open, which is far too many", bound, got)
	}
}

// openFiles returns how many descriptors this process has open.
func openFiles(t *testing.T) int {
	t.Helper()
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no /proc/self/fd: %v", err)
	}
	return len(names)
}

const threadsEnv = "ZMQECHO_TEST_THREADS"

// Each waiting call of a blocking REQ socket keeps a thread, and those of polled
// sockets keep none. Go's threads never end, so that each kind of socket is tested
// in a separate process.
func TestThreads(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("threads are counted in /proc")
	}
	kinds := map[string]*Transport{"blocking": {Block: true}, "polled": {}, "dealer": {Dealer: true, Conns: 2}}
	if kind := os.Getenv(threadsEnv); kind != "" {
		countThreads(t, kinds[kind], kind == "blocking")
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for kind := range kinds {
		cmd := exec.Command(exe, "-test.run=^TestThreads$", "-test.timeout=1m")
		cmd.Env = append(os.Environ(), threadsEnv+"="+kind)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
	}
}

// countThreads fails t unless waiting callers keep a thread each, or few threads.
func countThreads(t *testing.T, tr *Transport, each bool) {
	const callers = 50
	m := zmqtest.StartMute(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs := make(chan error, callers)
	client := testkit.Dial(t, tr, m.Addr)
	for i := range callers {
		if i > 0 && i < tr.Describe(callers).Clients {
			client = testkit.Dial(t, tr, m.Addr)
		}
		req := &payload.Payload{Id: uint64(i + 1)}
		go func() { errs <- client.Echo(ctx, req, new(payload.Payload)) }()
		testkit.Receive(t, "a request", m.Got)
	}
	if n := threads(t); each != (n >= callers) {
		t.Errorf("%d threads while %d callers wait, want one for each caller: %v", n, callers, each)
	} else if !each && n > callers/2 {
		t.Errorf("%d threads while %d callers wait, want a few", n, callers)
	}
	cancel()
	for range callers {
		if err := testkit.Receive(t, "an Echo", errs); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want one that matches Canceled", err)
		}
	}
}

// threads returns how many threads this process has, or 0 where there is no /proc.
func threads(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	return len(entries(t, "/proc/self/task"))
}
