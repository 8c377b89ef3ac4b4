package child

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStoppedChild: the error says that the child is stopped, and Close does not wait
// for it.
func TestStoppedChild(t *testing.T) {
	p, err := start(Order{Benchmark: benchmark, Variant: "behaves"}, long)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Condition(); got != "" {
		t.Errorf("condition %q before it was stopped", got)
	}
	if err := syscall.Kill(p.cmd.Process.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(long); !stopped(p.cmd.Process.Pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("SIGSTOP did not stop the process")
		}
	}
	p.timeout = short
	_, err = p.Begin(nil, false)
	if want := "server process: no reply within 100ms; it is stopped (SIGSTOP, or a debugger); "; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
	p.timeout = time.Hour
	err = p.Close()
	if want := "the server process was stopped, and has been killed"; err == nil || err.Error() != want {
		t.Errorf("Close returned %v, want %q", err, want)
	}
	if got := p.Condition(); got != "" {
		t.Errorf("condition %q after its end", got)
	}
}

// TestResident: the memory of a child is known until it has been killed.
func TestResident(t *testing.T) {
	p, err := Start(Order{Benchmark: benchmark, Variant: "behaves"})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Resident(); got < 1<<20 {
		t.Errorf("%d bytes are resident, want 1 MiB or more", got)
	}
	p.Kill()
	<-p.Ended()
	if got := p.Resident(); got != 0 {
		t.Errorf("%d bytes are resident after the end, want 0", got)
	}
	if err := p.Close(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Close returned %v, want that the process was killed", err)
	}
}
