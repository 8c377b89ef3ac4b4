package affinity

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		cpus []int
	}{{"0", []int{0}}, {"0-1", []int{0, 1}}, {"0,2,4-7", []int{0, 2, 4, 5, 6, 7}}, {"100", []int{100}}} {
		got, err := Parse(c.text)
		if err != nil || !slices.Equal(got, c.cpus) {
			t.Errorf("Parse(%q) = %v, %v, want %v", c.text, got, err, c.cpus)
		}
		if got := Format(c.cpus); got != c.text {
			t.Errorf("Format(%v) = %q, want %q", c.cpus, got, c.text)
		}
	}
	if got, err := Parse("3,1,2,1"); err != nil || Format(got) != "1-3" {
		t.Errorf("Parse(3,1,2,1) = %v, %v, want 1-3", got, err)
	}
	for _, bad := range []string{"", "a", "1-", "-1", "2-1", "1,,2", "0-99999", "1 2"} {
		if got, err := Parse(bad); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", bad, got)
		}
	}
}
