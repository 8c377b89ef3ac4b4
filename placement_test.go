package echobench

import (
	"runtime"
	"strings"
	"testing"
)

func TestParsePinning(t *testing.T) {
	for _, text := range []string{"", "same=0", "client=0 server=1", "client=0-1", "server=2-3,5"} {
		p, err := parseText[Pinning](text)
		if err != nil || p.String() != text {
			t.Errorf("parseText(%q) = %v, %v", text, p, err)
		}
	}
	for _, bad := range []string{"0", "both=0", "client=", "client=x", "server=1-0"} {
		if p, err := parseText[Pinning](bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("parseText(%q) = %v, %v, want an error that names it", bad, p, err)
		}
	}
}

func TestPinningCheck(t *testing.T) {
	if err := (Pinning{Client: []int{0}}).check(InProcess); err == nil || !strings.Contains(err.Error(), "want same=CPUS") {
		t.Errorf("a client apart from an in-process server: %v", err)
	}
	err := Pinning{Server: []int{4000}}.check(Child)
	want := "processor 4000: this process may use "
	if runtime.GOOS != "linux" {
		want = "needs linux"
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("an impossible set: %v, want %q", err, want)
	}
}

func TestSetProcs(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	restore := setProcs([]int{0})
	if got := runtime.GOMAXPROCS(0); got != 1 {
		t.Errorf("pinned to one processor, GOMAXPROCS is %d, want 1", got)
	}
	restore()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("restored, GOMAXPROCS is %d, want %d", got, before)
	}
}
