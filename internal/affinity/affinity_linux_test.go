package affinity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// threadsAllow reads from /proc what each thread may use.
func threadsAllow(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(files) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	lists := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // ended
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
	if got := threadsAllow(t); len(got) != 1 || !got[Format(one)] {
		t.Errorf("after Set(%v) threads may use %v", one, got)
	}
	if err := Set(allowed); err != nil {
		t.Fatal(err)
	}
	if got := threadsAllow(t); len(got) != 1 || !got[Format(allowed)] {
		t.Errorf("after Set(%v) threads may use %v", allowed, got)
	}
}

func TestImpossibleSetNamesTheAllowed(t *testing.T) {
	allowed, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	err = Check([]int{4000})
	if err == nil || !strings.Contains(err.Error(), "processor 4000: this process may use "+Format(allowed)) {
		t.Errorf("Check(4000): %v", err)
	}
}
