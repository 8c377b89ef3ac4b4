package compare

import (
	"path/filepath"
	"strings"
	"testing"
)

// writeScript writes a shell script that prints two benchmarks, one of them twice, and
// counts its runs in a file.
func writeScript(t *testing.T, name, steps, runs string) string {
	t.Helper()
	module{filepath.Dir(name)}.write(t, filepath.Base(name), `echo "Unit steps/op better=lower"
echo run >> `+runs+`
echo "some noise BenchmarkShell/size=1 10 100 ns/op `+steps+` steps/op"
echo "BenchmarkTwice 1 3 steps/op"
echo "BenchmarkTwice 1 5 steps/op"
echo "$1" > `+runs+`.arg
`)
	return name
}

// TestCommand compares two commands, which are not test binaries. One run of a command is
// one sample of each of its rows.
func TestCommand(t *testing.T) {
	folder := t.TempDir()
	runs := filepath.Join(folder, "runs")
	t.Chdir(folder)
	c := short()
	c.Old = Build{Command: []string{"sh", writeScript(t, filepath.Join(folder, "old.sh"), "10", runs)}}
	c.New = Build{Command: []string{"sh", writeScript(t, filepath.Join(folder, "new.sh"), "20", runs)}}
	c.Args, c.Units, c.Folder = []string{"an argument"}, []string{"steps/op"}, filepath.Join(folder, "results")
	_, result, err := run(t, c)
	if err != nil || len(result.Rows) != 2 || result.Status() != 1 {
		t.Fatalf("got %v, %v, want two rows of which one is slower", result, err)
	}
	slower, same := result.Rows[0], result.Rows[1]
	if slower.Benchmark != "BenchmarkShell/size=1" || slower.Old != 10 || slower.New != 20 || slower.Verdict != Slower {
		t.Errorf("got %+v, want twice the steps", slower)
	}
	if same.Benchmark != "BenchmarkTwice" || same.Old != 4 || same.Verdict != Same || same.Rounds != 6 {
		t.Errorf("got %+v, want the median of both results and 6 rounds", same)
	}
	if got, want := strings.Count(readFile(t, folder, "runs"), "run"), 2+6*3; got != want {
		t.Errorf("the commands ran %d times, want %d: once to find their benchmarks, and three times in each round", got, want)
	}
	if got := readFile(t, folder, "runs.arg"); got != "an argument\n" {
		t.Errorf("the argument is %q", got)
	}
	c.Bench = "Twice$"
	if _, result, err := run(t, c); err != nil || len(result.Rows) != 1 || result.Status() != 0 {
		t.Errorf("got %v, %v, want the selected row only", result, err)
	}
}

// TestCommandMistakes: a command that fails, or that prints nothing, says so.
func TestCommandMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	prints := Build{Command: []string{"echo", "BenchmarkX 1 2 steps/op"}}
	for _, test := range []struct {
		name, want string
		old, new   Build
	}{
		{"one side", "a command can only be compared with a command", prints, Build{}},
		{"empty", "an empty Command", Build{Command: []string{}}, prints},
		{"it fails", "finding the benchmarks of new: exit status 3; it wrote: a reason", prints, Build{Command: []string{"sh", "-c", "echo a reason >&2; exit 3"}}},
		{"no results", `no benchmark matches "."`, Build{Command: []string{"true"}}, Build{Command: []string{"true"}}},
		{"no program", "exit status 127", prints, Build{Command: []string{"no-such-program"}}},
	} {
		c := short()
		c.Old, c.New = test.old, test.new
		if result, err := Run(t.Context(), c); result != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v, want an error with %q", test.name, result, err, test.want)
		}
	}
}
