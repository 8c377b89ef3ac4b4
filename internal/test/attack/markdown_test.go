package attack

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The tables say what a result says, and docs/attacks.md has the list of attacks.
func TestMarkdown(t *testing.T) {
	at, served := &attacks[0], waits{old: 20 * time.Millisecond, new: 1500 * time.Microsecond, control: 7 * time.Millisecond}
	all := results{}
	for i, r := range []result{
		{held: 5 << 20, waits: served, left: &held{resident: 3 << 20}, closed: 90 * time.Millisecond},
		{ended: "died", remarks: []string{"panic: why"}},
		{unserved: true, unclosed: "no return"},
		{left: &held{goroutines: 2, files: -1}, waits: served, closed: 9 * time.Millisecond},
	} {
		all[[2]string{at.name, targets[i].variant}] = r
	}
	got := all.markdown()
	for _, want := range []string{
		"| none | 5 | **died** | 0 | 0 | ? |",
		"| none | 20 | - | **not served** | 20 | ? |",
		"| none | 3 | - | **no answer** | 0, **2 goroutines, -1 descriptors** | ? |",
		"| none | 90 | - | **no return** | 9.0 | ? |",
		"up to 7.0 ms in half of the trials, and up to 7.0 ms in all",
		"- `none`, rest: panic: why\n",
		"| bomb |  |  | ? |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the tables do not contain %q:\n%s", want, got)
		}
	}
	doc, err := os.ReadFile("../../../docs/attacks.md")
	if err != nil {
		t.Fatal(err)
	}
	for i := range attacks {
		if row := attacks[i].row(); !strings.Contains(string(doc), row) {
			t.Errorf("docs/attacks.md does not contain %q; insert what make attack writes", row)
		}
	}
}
