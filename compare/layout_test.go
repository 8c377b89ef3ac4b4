package compare

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/echobench/echobench/internal/run/scratch"
)

// buildSides builds the sides of a configuration. The sides are removed when the test ends.
func buildSides(t *testing.T, c Config) (sides [3]side, b *builder) {
	t.Helper()
	var progress strings.Builder
	c.Progress = &progress
	defer func() { t.Logf("progress:\n%s", &progress) }()
	if err := c.complete(); err != nil {
		t.Fatal(err)
	}
	folder, err := scratch.Open(folderPrefix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	sides, b, err = c.build(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	return sides, b
}

// addressTest is a benchmark that prints the addresses of two functions.
const addressTest = `package own

import (
	"fmt"
	"reflect"
	"testing"
)

func BenchmarkAddress(b *testing.B) {
	fmt.Println("addresses", reflect.ValueOf(Work).Pointer(), reflect.ValueOf(BenchmarkAddress).Pointer())
}
`

// addresses runs a binary with addressTest, and returns what it prints.
func addresses(t *testing.T, binary string) (first, second int) {
	t.Helper()
	out, err := exec.Command(binary, "-test.bench=Address", "-test.benchtime=1x").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(out), "addresses ")
	if n, err := fmt.Sscan(text, &first, &second); n != 2 || !ok {
		t.Fatalf("%v in the output %s", err, out)
	}
	return first, second
}

// TestLayouts: the functions of each binary of each side lie elsewhere, and all of them
// begin at multiples of 64 bytes. The binaries are equally large.
func TestLayouts(t *testing.T) {
	newModule(t, map[string]string{"go.mod": ownFiles["go.mod"], "own.go": ownFiles["own.go"], "own_test.go": addressTest})
	c := short()
	c.OneLayout, c.MaxRounds, c.MinRounds = false, 2, 2
	sides, b := buildSides(t, c)
	if want := "2 layouts of each side, with -funcalign=64, built in "; !slices.ContainsFunc(b.notes, func(note string) bool { return strings.HasPrefix(note, want) }) {
		t.Skipf("the notes are %q, and none begins with %q: the linker is too old", b.notes, want)
	}
	distances, sizes := map[int]bool{}, map[int64]bool{}
	for _, s := range sides {
		if len(s.binaries) != 2 {
			t.Fatalf("%s has %d binaries, want 2", s.name, len(s.binaries))
		}
		for _, binary := range s.binaries {
			first, second := addresses(t, binary)
			if first%64 != 0 || second%64 != 0 {
				t.Errorf("%s has functions at %#x and %#x, want multiples of 64", binary, first, second)
			}
			distances[second-first] = true
			info, err := os.Stat(binary)
			if err != nil {
				t.Fatal(err)
			}
			sizes[info.Size()] = true
		}
	}
	if len(distances) < 5 || len(sizes) != 1 { // two may be equal by chance
		t.Errorf("6 binaries have %d layouts and %d sizes, want 6 and 1", len(distances), len(sizes))
	}
}

// TestLayoutsForTheBudget: linking takes a quarter of the budget at most, but there are
// enough layouts for an interval.
func TestLayoutsForTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			budget, each time.Duration
			want         int
		}{{time.Minute, time.Second, 15}, {time.Hour, time.Second, 16}, {time.Minute, time.Minute, 6}} {
			ctx, cancel := context.WithTimeout(t.Context(), c.budget)
			defer cancel()
			if got := new(builder).affordable(ctx, 16, c.each); got != c.want {
				t.Errorf("a budget of %v, %v for each: got %d layouts, want %d", c.budget, c.each, got, c.want)
			}
		}
	})
}

// TestLinkerFlags: the flags of the user come first, and the seed has always 7 digits.
func TestLinkerFlags(t *testing.T) {
	newModule(t, map[string]string{"go.mod": ownFiles["go.mod"], "own_test.go": "package own\n\nvar version = \"none\"\n\nfunc init() { println(version) }\n"})
	t.Setenv("GOFLAGS", "'-ldflags=-X example.com/own.version=environment -w'")
	c := short()
	c.OneLayout, c.MaxRounds, c.MinRounds = false, 1, 1
	sides, _ := buildSides(t, c)
	for _, s := range sides {
		if out, err := exec.Command(s.binary).CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "environment\n") {
			t.Errorf("%s: got %q, %v, want the version of GOFLAGS", s.name, out, err)
		}
	}
	c.Old, c.New = Build{Binary: ownBinary(t)}, Build{Binary: ownBinary(t)}
	c.BuildFlags = []string{"-ldflags=-X example.com/own.version=1.2"}
	if _, b := buildSides(t, c); b.flags.ldflags != "-X example.com/own.version=1.2" {
		t.Errorf("the linker's flags are %q, want those of BuildFlags only", b.flags.ldflags)
	}
	for seed := 1_000_000; seed < 9_000_000; seed += 999_999 {
		if got, want := len(layout{true, true}.flags(seed)), len("-s -w -funcalign=64 -randlayout=1000000"); got != want {
			t.Errorf("the flags with the seed %d have %d bytes, want %d", seed, got, want)
		}
	}
}

// TestCountsOnly: what is counted needs no layouts.
func TestCountsOnly(t *testing.T) {
	for units, want := range map[string]bool{"": false, "allocs/op": true, "B/op allocs/op": true, "ns/op allocs/op": false} {
		if got := countsOnly(strings.Fields(units)); got != want {
			t.Errorf("%q: got %v, want %v", units, got, want)
		}
	}
}
