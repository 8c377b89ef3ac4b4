package affinity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// allowedLists returns the different lists of processors that the threads of this
// process may use, according to /proc.
func allowedLists(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(files) == 0 {
		t.Fatalf("no threads found in /proc: %v", err)
	}
	lists := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		for line := range strings.Lines(string(text)) {
			if list, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
				lists[strings.TrimSpace(list)] = true
			}
		}
	}
	return lists
}

func TestSetBindsEveryThread(t *testing.T) {
	allowed, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	one := allowed[len(allowed)-1:]
	if err := Set(one); err != nil {
		t.Fatal(err)
	}
	if got := allowedLists(t); len(got) != 1 || !got[Format(one)] {
		t.Errorf("after Set(%v) the threads may use %v, want only %s", one, got, Format(one))
	}
	if err := Set(allowed); err != nil {
		t.Fatal(err)
	}
	if got := allowedLists(t); len(got) != 1 || !got[Format(allowed)] {
		t.Errorf("after Set(%v) the threads may use %v, want only %s", allowed, got, Format(allowed))
	}
}

func TestCheckNamesTheAllowed(t *testing.T) {
	allowed, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	want := "processor 4000: this process may use " + Format(allowed)
	if err := Check([]int{4000}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Check(4000): error %v, want one that contains %q", err, want)
	}
}
