//go:build cgo && !nozmq

package zmqecho

import (
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/echobench/echobench/payload"
)

// The workers' socket is in a folder that only this user can enter, and that
// nobody finds after Close.
func TestWorkersFolder(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	folders := func() []os.DirEntry {
		entries, err := os.ReadDir(temp)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	tr := &Transport{Workers: 2, WorkersIPC: true}
	srv, err := tr.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	mustEcho(t, mustDial(t, tr, srv.Addr()), 1, 64)
	if got := folders(); len(got) != 1 {
		t.Errorf("%d folders, want 1", len(got))
	} else if info, err := got[0].Info(); err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("the folder's mode is %v, error %v; want 0700", info.Mode(), err)
	}
	if _, err := tr.Listen(srv.Addr()); err == nil {
		t.Error("Listen on an address in use succeeded")
	}
	if got := folders(); len(got) != 1 {
		t.Errorf("%d folders after a Listen that failed, want 1", len(got))
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if got := folders(); len(got) != 0 {
		t.Errorf("%v is left after Close", got)
	}
	t.Setenv("TMPDIR", temp+"/none")
	if _, err := tr.Listen(""); err == nil {
		t.Error("Listen without a temporary folder succeeded")
	}
}

const threadsEnv = "ZMQECHO_TEST_THREADS"

// Calls that wait keep a thread each, or none. Threads never end, so it is a
// process of its own that counts them.
func TestThreads(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("threads are counted in /proc")
	}
	kinds := map[string]*Transport{"blocking": {}, "polled": {Poll: true}, "shared": {Conns: 2}}
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

func countThreads(t *testing.T, tr *Transport, each bool) {
	const callers = 50
	m := startMute(t)
	errs := make(chan error, callers)
	client := mustDial(t, tr, m.addr)
	for i := range callers {
		if i > 0 && i < tr.Describe(callers).Clients {
			client = mustDial(t, tr, m.addr)
		}
		go func() { errs <- client.Echo(t.Context(), &payload.Payload{Id: uint64(i)}, new(payload.Payload)) }()
		receive(t, "a request", m.got)
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tasks); each != (n >= callers) {
		t.Errorf("%d threads while %d callers wait; want one each: %v", n, callers, each)
	} else if !each && n > callers/2 {
		t.Errorf("%d threads while %d callers wait; want a few", n, callers)
	}
	for range callers {
		send(t, "an answer", m.answer, nil)
	}
	for range callers {
		receive(t, "an Echo", errs)
	}
}
