package suite_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/test/testkit"
)

// duelLine matches the result of the duel that follows the first one.
var duelLine = regexp.MustCompile(`(?m)^BenchmarkDuel/second/a=healthy/b=sound/size=64B/par=2(-\d+)?\s+\d+\s+\S+ a-cpu-ns/op`)

func TestDuel(t *testing.T) {
	out, ok := runFixture(t, "-duel=idle", "-test.benchtime=8x", "-test.count=2")
	line := regexp.MustCompile(`(?m)^BenchmarkDuel/first/a=ok/b=idle/size=64B/par=2(?:-\d+)?\s+8\s(.*)$`).FindAllStringSubmatch(out, -1)
	if !ok || len(line) != 2 || !duelLine.MatchString(out) {
		t.Fatalf("want 2 results of each duel (exit 0: %v):\n%s", ok, out)
	}
	values := map[string]float64{}
	fields := strings.Fields(line[1][1])
	for i := 0; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			t.Fatal(err)
		}
		values[fields[i+1]] = value
	}
	for _, u := range units.Duel {
		if u.Name == "p99-ns" { // a slice of this test may have too few echoes
			continue
		}
		for _, unit := range []string{"a-" + u.Name, "b-" + u.Name, u.Ratio, u.Ratio + "-low", u.Ratio + "-high"} {
			if values[unit] <= 0 {
				t.Errorf("no %s in:\n%s", unit, line[1][0])
			}
		}
		if low, ratio, high := values[u.Ratio+"-low"], values[u.Ratio], values[u.Ratio+"-high"]; low > ratio || ratio > high {
			t.Errorf("%s: %v in the interval from %v to %v", u.Ratio, ratio, low, high)
		}
		for _, side := range []string{"a-", "b-"} {
			if n := strings.Count(out, "Unit "+side+u.Name+" better="); n != 1 {
				t.Errorf("%d Unit lines of %s%s, want 1", n, side, u.Name)
			}
		}
	}
	if _, ok := values["ns/op"]; ok {
		t.Errorf("the time of both sides together has no meaning:\n%s", line[1][0])
	}
	for reader := benchfmt.NewReader(strings.NewReader(out), "duel"); reader.Scan(); {
		if err, ok := reader.Result().(*benchfmt.SyntaxError); ok {
			t.Error(err)
		}
	}
}

func TestDuelFailsForEitherSide(t *testing.T) {
	for i, c := range []struct{ proto, want string }{
		{"unreachable", "dial 1 of 2: no route today"},
		{"fails", "call 500 failed"},
		{"hangs", "no echo finished within 1s: 2 of 2 workers are waiting for a reply"},
		{"refuses", "listen: no server today"},
		{"wrongid", "wrong reply: id "},
		{"corrupt", "wrong reply: data differs from the request's at byte 63 of 64"},
		{"swallows", "wrong reply: id "},
		{"deaf", "no echo finished within 1s: 2 of 2 workers are waiting for a reply; 2 workers have not returned 3s after their context ended"},
		{"unclosable", "closing: clients: close failed"},
		{"hungry", "both ends need 1073741829 file descriptors"},
	} {
		t.Run(c.proto, func(t *testing.T) {
			t.Parallel()
			if i > 2 {
				testkit.Long(t)
			}
			for _, sides := range []struct{ a, b, broken string }{{c.proto, "ok", "a"}, {"ok", c.proto, "b"}} {
				out, ok := runFixture(t, "-proto="+sides.a, "-duel="+sides.b, "-stall=1s", "-test.benchtime=10x")
				name := "a=" + sides.a + "/b=" + sides.b + "/size=64B/par=2: "
				// Whichever of the two dials fails first; and one worker may have made all other
				// echoes of a short run.
				out = strings.NewReplacer("dial 2 of 2: ", "dial 1 of 2: ",
					": 1 of 2 workers are", ": 2 of 2 workers are", "; 1 workers have", "; 2 workers have").Replace(out)
				if ok || !strings.Contains(out, name) || !strings.Contains(out, sides.broken+"="+c.proto+": "+c.want) {
					t.Errorf("exit 0: %v, want %q and %q in:\n%s", ok, name, c.want, out)
				}
				if !duelLine.MatchString(out) {
					t.Errorf("the next duel was not measured:\n%s", out)
				}
			}
		})
	}
}

func TestEverySliceOfADuelHasItsOwnServer(t *testing.T) {
	out, ok := runFixture(t, "-duel=healthy", "-proto=idle", "-test.benchtime=1x", "-test.count=3")
	if ok || !strings.Contains(out, `unknown variant "healthy"`) {
		t.Errorf("an unknown variant: exit 0: %v:\n%s", ok, out)
	}
	out, ok = runFixture(t, "-proto=idle", "-duel=ok", "-test.benchtime=1x", "-test.count=3")
	if !ok || !strings.Contains(out, "# ok: listens=4 dials=8 echoed=8 max=2\n") {
		t.Errorf("want 4 servers with 2 clients each, 1 for the calibration and 1 for each slice (exit 0: %v):\n%s", ok, out)
	}
	if want := "; an interval needs 6 pairs, not 1: raise -benchtime\n"; !strings.Contains(out, want) || strings.Contains(out, "-low") {
		t.Errorf("want no interval and %q:\n%s", want, out)
	}
}

func TestDuelSkipsWhatIsNotAvailable(t *testing.T) {
	for _, sides := range [][]string{{"-proto=ok", "-duel=missing"}, {"-proto=missing", "-duel=ok"}} {
		out, ok := runFixture(t, append(sides, "-test.benchtime=1x", "-test.v")...)
		if !ok || !strings.Contains(out, "echobench: missing: not in this build") || strings.Contains(out, "BenchmarkDuel/first/a=") || !duelLine.MatchString(out) {
			t.Errorf("%v: want a reason and no result of the first duel (exit 0: %v):\n%s", sides, ok, out)
		}
	}
}
