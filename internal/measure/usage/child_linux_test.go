package usage

import (
	"encoding/json"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// TestMain runs the tests, or the child's work in a process that runChild started.
func TestMain(m *testing.M) {
	how := os.Getenv("USAGE_CHILD")
	if how == "" {
		os.Exit(m.Run())
	}
	if how == "throttled" {
		beThrottled()
	} else {
		childWork(how == "count")
	}
	os.Exit(0)
}

// beThrottled works until this process's group has used up its quota, or for a while,
// and writes the quota as the JSON of a Snapshot.
func beThrottled() {
	var s Snapshot
	for end := time.Now().Add(20 * time.Second); s.Quota.Throttled == 0 && time.Now().Before(end); s = Read() {
		spin(10 * time.Millisecond)
	}
	json.NewEncoder(os.Stdout).Encode(s)
}

// childWork works for a while and writes what that used to standard output, as the
// JSON of a Snapshot.
func childWork(count bool) {
	var c *Counters
	if count {
		c, _ = StartCounters(Available(MissingCounters()))
	}
	switchThreads(new(testing.T), 5000)
	spin(200 * time.Millisecond)
	s := Snapshot{Counts: map[string]float64{}}
	if c != nil {
		c.Stop(&s)
	}
	used := Read()
	for key, n := range s.Counts {
		used.Counts[key] = n
	}
	json.NewEncoder(os.Stdout).Encode(used)
}

// runChild runs this test binary as a child, below the given command if there is
// one, and returns what the child says that it used. how is "use", "count" for a child
// that also uses Counters, or "throttled" for one that uses up its quota.
func runChild(t *testing.T, how string, command ...string) (Snapshot, *exec.Cmd) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command = append(command, exe)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "USAGE_CHILD="+how)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", command, err)
	}
	var s Snapshot
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	return s, cmd
}

func TestUsageAgreesWithWait4(t *testing.T) {
	s, cmd := runChild(t, "use")
	r := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	for key, want := range map[string]float64{
		User:        float64(cmd.ProcessState.UserTime()),
		System:      float64(cmd.ProcessState.SystemTime()),
		Voluntary:   float64(r.Nvcsw),
		MinorFaults: float64(r.Minflt),
	} {
		// The child still encodes its snapshot and exits after it has taken it.
		margin := 300.0
		if key == User || key == System {
			margin += float64(50 * time.Millisecond)
		}
		if got := s.Counts[key]; got <= 0 || got > want || got < 0.8*want-margin {
			t.Errorf("%s: %v according to the child, %v according to wait4", key, got, want)
		}
	}
}
