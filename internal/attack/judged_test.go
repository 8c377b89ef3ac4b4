package attack

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// The judge complains of each promise that was broken, and allows for a busy machine.
func TestAttackJudge(t *testing.T) {
	p := promise{heap: 10 << 20, resident: 20 << 20, served: time.Second}
	before := figures{heap: 1 << 20, peak: 30 << 20, goroutines: 5, files: 10}
	for _, c := range []struct {
		name   string
		change func(f *finding)
		want   string // a part of the only complaint, or empty for none
	}{
		{"nothing changes", func(*finding) {}, ""},
		{"up to the limits", func(f *finding) {
			f.during.heap += 10 << 20
			f.during.peak += 20 << 20
			f.waits = waits{old: time.Second, new: time.Second}
			f.closed = 10 * time.Second
		}, ""},
		{"more on the heap", func(f *finding) { f.during.heap += 11 << 20 }, "holds 11 MiB more than before, want 10"},
		{"an echo of 2 s", func(f *finding) { f.waits.old = 2 * time.Second }, "served within 2s"},
		{"a newcomer waits for 2 s", func(f *finding) { f.waits.new = 2 * time.Second }, "newcomers within 2s"},
		{"2 s on a busy machine", func(f *finding) { f.waits = waits{old: 2 * time.Second, control: 100 * time.Millisecond} }, ""},
		{"4 s on a busy machine", func(f *finding) { f.waits = waits{old: 4 * time.Second, control: 100 * time.Millisecond} }, "served within 4s"},
		{"others fail", func(f *finding) { f.othersErr = errors.New("refused") }, "others are not served: refused"},
		{"a goroutine is left", func(f *finding) { f.after.goroutines++ }, "6 goroutines and 10 descriptors are left"},
		{"a descriptor is left", func(f *finding) { f.after.files++ }, "5 goroutines and 11 descriptors are left"},
		{"Close takes 11 s", func(f *finding) { f.closed = 11 * time.Second }, "Close during the attack took 11s"},
		{"Close fails", func(f *finding) { f.closeErr = errors.New("killed") }, "Close during the attack: killed"},
		{"no attack", func(f *finding) { f.failed = errors.New("refused") }, "the attack failed: refused"},
	} {
		f := finding{before: before, during: before, after: before, closed: time.Millisecond}
		c.change(&f)
		got := strings.Join(f.broken(p), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%s: complaints %q, want one with %q", c.name, got, c.want)
		}
	}
	f := finding{before: before, during: before, after: before}
	f.during.peak += 21 << 20
	if got := len(f.broken(p)); judgesResident() != (got == 1) {
		t.Errorf("%d complaints about a higher peak, want one only where resident memory is judged: %v", got, judgesResident())
	}
}
