package header

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/usage"
)

// described is a transport with settings and a declared rule.
type described struct{ echo.Transport }

func (described) Describe(int) echo.Description {
	return echo.Description{Settings: "some settings", Exceptions: []echo.Exception{{Rule: "Garbage", Reason: "no limit"}}}
}

// printed returns what f writes to standard output.
func printed(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	f()
	os.Stdout = stdout
	w.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOff: with ECHOBENCH_HEADER=off there are no comment lines.
func TestOff(t *testing.T) {
	print := func() {
		PrintSettings([]echo.Variant{{Name: "own", Transport: described{}}})
		PrintMissing([]usage.Missing{{Key: "cycles", Why: "a reason"}})
		NewProgress(1).Done(true, "a remark")
		PrintOthers(0.5)
		PrintQuota(usage.Quota{CPUs: 1, Periods: 37, Throttled: 22})
	}
	got := printed(t, print)
	for _, want := range []string{"# own: some settings\n", "# own does not keep the rule Garbage: no limit\n", "# not counted: cycles: a reason\n", "# cell 1 of 1 done", "a remark\n", "# other processes used 50%", "# the CPU quota of 1 throttled this process's control group in 22 of 37 periods during this cell\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	t.Setenv("ECHOBENCH_HEADER", "off")
	if got := printed(t, func() { PrintHost(); print() }); got != "" {
		t.Errorf("ECHOBENCH_HEADER=off: got\n%s", got)
	}
}

func TestCommand(t *testing.T) {
	got := command([]string{"-test.paniconexit0", "-test.timeout=10m0s", "-test.bench=Echo/.*", "-test.count=6", "-pin", "client=0 server=1", "-x=it's\n# y"})
	if want := []string{"'-bench=Echo/.*'", "-count=6", "-pin", "'client=0 server=1'", `'-x=it'\''s # y'`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
