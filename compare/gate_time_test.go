package compare

import (
	"flag"
	"regexp"
	"strings"
	"testing"
)

var gateTime = flag.Int("gate.time", 0, "how often TestGateTime makes each comparison; 0 skips it")

// timeFiles are a package with the three-line gate and a benchmark of its own, whose
// time is that of a computation.
var timeFiles = map[string]string{
	"own.go": `package own

func Sum(data []byte) (sum uint32) {
	for range 1000 {
		for _, b := range data {
			sum = sum<<5 - sum + uint32(b)
		}
	}
	return sum
}
`,
	"own_test.go": `package own

import "testing"

func BenchmarkSum(b *testing.B) {
	data := make([]byte, 64)
	for b.Loop() {
		Sum(data)
	}
}
`,
	"gate_test.go": `package own

import (
	"testing"

	"github.com/echobench/echobench/compare"
)

func TestNotSlower(t *testing.T) {
	compare.Gate(t, compare.Config{Units: []string{"ns/op"}})
}
`,
}

// TestGateTime is the proof that the gate judges time: it passes without a change,
// says that the builds are the same if only a comment has changed, and fails if the
// benchmark takes 20% longer. It skips by default, because other load on the machine
// could decide its result.
//
//	go test -run TestGateTime -timeout 0 -v ./compare -gate.time 5
func TestGateTime(t *testing.T) {
	if *gateTime == 0 {
		t.Skip("takes minutes and an idle machine: set -gate.time to a number of comparisons")
	}
	m, gate := newGate(t, timeFiles)
	row := regexp.MustCompile(`(?m)^ *[a-z]+ +[0-9.]+ \[.* ns/op Sum.*$`)
	for _, change := range []struct {
		name, old, new string
		passes         bool
		want           string
	}{
		{"no change", "package own", "package own", true, ""},
		{"a comment", "func Sum", "// Sum computes a hash.\nfunc Sum", true, "same "},
		{"20% slower", "range 1000", "range 1200", false, "slower "},
	} {
		m.edit(t, "work/own.go", change.old, change.new)
		for i := range *gateTime {
			out, passed := runGate(t, gate, "base")
			verdict := strings.TrimSpace(row.FindString(out))
			t.Logf("%s, comparison %d: passed %v: %s", change.name, i+1, passed, verdict)
			if passed != change.passes || verdict == "" || !strings.HasPrefix(verdict, change.want) {
				t.Errorf("%s: passed %v, want %v and a row that begins with %q in:\n%s", change.name, passed, change.passes, change.want, out)
			}
		}
	}
}
