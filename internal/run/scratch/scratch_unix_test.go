//go:build unix

package scratch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sleepers starts a process in the background, writes both process ids and sleeps.
const sleepers = `sleep 300 & echo $! $$ > ids.new; mv ids.new ids; sleep 300`

func in(folder string, cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = folder
	return cmd
}

// victim opens a folder, prints its path, and runs commands in it until it is
// killed.
func victim(prefix string) {
	f, err := Open(prefix)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(f.Path)
	for range 5 {
		f.Run(f.Command(context.Background(), "true"))
	}
	f.Run(in(f.Path, f.Command(context.Background(), "sh", "-c", sleepers)))
	os.Exit(1)
}

// waitFor waits until the condition holds.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for %s", what)
		}
	}
}

// readIDs returns the process ids that sleepers wrote to the folder.
func readIDs(t *testing.T, folder string) (ids []int) {
	t.Helper()
	var text []byte
	waitFor(t, "the process ids", func() (ok bool) {
		var err error
		text, err = os.ReadFile(filepath.Join(folder, "ids"))
		return err == nil
	})
	for _, field := range strings.Fields(string(text)) {
		id, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// waitForEnd waits until none of the processes runs. A process that has ended but
// that its new parent has not waited for does not run.
func waitForEnd(t *testing.T, ids []int) {
	t.Helper()
	for _, id := range ids {
		waitFor(t, fmt.Sprintf("the end of process %d", id), func() bool {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
			return !alive(id) || err == nil && strings.Contains(string(stat), ") Z ")
		})
	}
}

func startVictim(t *testing.T, temporary string) (cmd *exec.Cmd, path string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), prefixEnv+"=victim", "TMPDIR="+temporary)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSuffix(line, "\n")
}

func TestKilledWhileACommandRuns(t *testing.T) {
	temporary := t.TempDir()
	cmd, path := startVictim(t, temporary)
	ids := readIDs(t, path)
	cmd.Process.Kill()
	cmd.Wait()
	waitForEnd(t, ids)
	waitFor(t, "the removal of "+path, func() bool { return isEmpty(t, temporary) })
}

// TestKilledAtAnyTime kills the process while it starts commands.
func TestKilledAtAnyTime(t *testing.T) {
	temporary := t.TempDir()
	for delay := range 20 {
		cmd, path := startVictim(t, temporary)
		time.Sleep(time.Duration(delay) * 500 * time.Microsecond)
		var ids []int
		if _, err := os.Stat(filepath.Join(path, "ids")); err == nil {
			ids = readIDs(t, path)
		}
		cmd.Process.Kill()
		cmd.Wait()
		waitForEnd(t, ids)
		waitFor(t, "the removal of "+path, func() bool { return isEmpty(t, temporary) })
	}
}

func TestContextEndsTheProcesses(t *testing.T) {
	f, temporary := open(t, "cancelled")
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- f.Run(in(f.Path, f.Command(ctx, "sh", "-c", sleepers))) }()
	ids := readIDs(t, f.Path)
	cancel()
	if err := <-result; err == nil {
		t.Error("a command that was killed gives no error")
	}
	waitForEnd(t, ids)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if !isEmpty(t, temporary) {
		t.Errorf("Close left something in %s", temporary)
	}
}

// TestRunKillsWhatIsLeft: a command that ends leaves no process of its group.
func TestRunKillsWhatIsLeft(t *testing.T) {
	f, _ := open(t, "left")
	defer f.Close()
	if err := f.Run(in(f.Path, f.Command(t.Context(), "sh", "-c", "sleep 300 & echo $! > ids.new; mv ids.new ids"))); err != nil {
		t.Fatal(err)
	}
	waitForEnd(t, readIDs(t, f.Path))
}

func TestOutput(t *testing.T) {
	f, _ := open(t, "output")
	defer f.Close()
	got, err := f.Output(in(f.Path, f.Command(t.Context(), "sh", "-c", `echo "$1, $(pwd)"`, "sh", "$HOME 'quoted'")))
	if want := "$HOME 'quoted', " + f.Path; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	_, err = f.Output(f.Command(t.Context(), "sh", "-c", "echo this; echo that >&2; exit 3"))
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(err.Error(), "this\nthat") {
		t.Errorf("got error %v, want exit status 3 with what the command wrote", err)
	}
	if _, err := f.Output(f.Command(t.Context(), "no-such-program")); err == nil {
		t.Error("a program that does not exist gives no error")
	}
}

func TestOpenRemovesStaleFolders(t *testing.T) {
	temporary := t.TempDir()
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	used := filepath.Join(temporary, fmt.Sprintf("stale-%d-1", ended.Process.Pid)) // by a process of another PID namespace
	stale := filepath.Join(temporary, fmt.Sprintf("stale-%d-0", ended.Process.Pid))
	young := filepath.Join(temporary, fmt.Sprintf("stale-%d-2", ended.Process.Pid))
	kept := []string{
		used,
		young,
		filepath.Join(temporary, fmt.Sprintf("stale-%d-0", os.Getpid())), // its process runs
		filepath.Join(temporary, fmt.Sprintf("other-%d-0", ended.Process.Pid)),
		filepath.Join(temporary, "stale-x-0"),
	}
	for _, path := range append(kept, stale) {
		if err := os.MkdirAll(filepath.Join(path, "folder"), 0o777); err != nil {
			t.Fatal(err)
		}
		if old := time.Now().Add(-2 * minAge); path != young {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	lock, err := lockFolder(used)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	t.Setenv("TMPDIR", temporary)
	f, err := Open("stale")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := os.Stat(stale); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is not removed: %v", stale, err)
	}
	for _, path := range kept {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s is removed: %v", path, err)
		}
	}
}
