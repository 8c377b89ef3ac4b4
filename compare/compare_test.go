package compare

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/echobench/echobench/internal/stats/fitness"
	"github.com/echobench/echobench/internal/test/testkit"
)

// short returns a Config of short runs that judges counted units only.
func short() Config {
	return Config{
		Old:       Build{Rev: "base"},
		Sample:    time.Millisecond,
		MinRounds: 6,
		MaxRounds: 6,
		Units:     []string{"steps/op", "allocs/op"},
		OneLayout: true,

		readOwn:      func() (*debug.BuildInfo, []string) { return nil, nil },
		checkMachine: func(context.Context) fitness.Report { return fitness.Report{CPUs: 7} },
	}
}

// run runs a comparison, and returns the verdicts by benchmark and unit.
func run(t *testing.T, c Config) (verdicts map[string]Verdict, result *Result, err error) {
	t.Helper()
	var progress strings.Builder
	c.Progress = &progress
	defer func() { t.Logf("progress:\n%s", &progress) }()
	result, err = Run(t.Context(), c)
	if result == nil {
		t.Fatal(err)
	}
	verdicts = map[string]Verdict{}
	for _, row := range result.Rows {
		name := strings.TrimSuffix(row.Benchmark, (&runner{procs: runtime.GOMAXPROCS(0)}).suffix())
		verdicts[name+" "+row.Unit] = row.Verdict
	}
	return verdicts, result, err
}

// ownBenchmarks are the leaf benchmarks of a module, as package testing names them.
var ownBenchmarks = []string{"BenchmarkLoop", "BenchmarkN/a/size=1-2", "BenchmarkN/a|(b)", "BenchmarkN/with_space", "BenchmarkN/with_space#01"}

// want returns the verdict for both counted units of each benchmark.
func want(v Verdict, benchmarks ...string) map[string]Verdict {
	rows := map[string]Verdict{}
	for _, name := range benchmarks {
		rows[name+" steps/op"], rows[name+" allocs/op"] = v, v
	}
	return rows
}

// TestSlower compares all benchmarks of a module, or those whose names are usual if tests
// must be quick.
func TestSlower(t *testing.T) {
	m := newModule(t, ownFiles)
	m.edit(t, "own.go", "range n", "range 2 * n") // is not committed
	c := short()
	c.Folder = filepath.Join(t.TempDir(), "results")
	benchmarks := ownBenchmarks
	if !testkit.IsLong() {
		c.Bench, benchmarks = "^BenchmarkLoop$|^BenchmarkN$/^a/size", []string{"BenchmarkLoop", "BenchmarkN/a/size=1-2"}
	}
	got, result, err := run(t, c)
	if want := want(Slower, benchmarks...); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if result.Rounds != 6 || result.Elapsed <= 0 {
		t.Errorf("got %d rounds in %v, want 6", result.Rounds, result.Elapsed)
	}
	checkFiles(t, c.Folder, 6*len(benchmarks))
	header := "benchmark,unit,old,new,ratio,low,high,placebo_ratio,placebo_low,placebo_high,rounds,verdict\n"
	if text := readFile(t, c.Folder, "verdict.csv"); !strings.HasPrefix(text, header) || strings.Count(text, "\n") != 1+len(got) {
		t.Errorf("verdict.csv has not one row for each of %d verdicts:\n%s", len(got), text)
	}
}

func readFile(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkFiles checks that each results file has at least some samples, parses, and
// has the same b.N for a benchmark on all sides.
func checkFiles(t *testing.T, folder string, samples int) {
	t.Helper()
	iterations := map[string]int{}
	for _, name := range []string{"old.txt", "new.txt", "placebo.txt"} {
		text := readFile(t, folder, name)
		got := 0
		reader := benchfmt.NewReader(strings.NewReader(text), name)
		for reader.Scan() {
			switch record := reader.Result().(type) {
			case *benchfmt.SyntaxError:
				t.Error(record)
			case *benchfmt.Result:
				got++
				if n, ok := iterations[fullName(record)]; ok && n != record.Iters {
					t.Errorf("%s: %s has b.N %d and %d", name, record.Name, n, record.Iters)
				}
				iterations[fullName(record)] = record.Iters
			}
		}
		if got < samples || reader.Err() != nil {
			t.Errorf("%s has %d samples, want %d, error %v:\n%s", name, got, samples, reader.Err(), text)
		}
		if !strings.Contains(text, "Unit steps/op better=lower\n") {
			t.Errorf("%s has no Unit line:\n%s", name, text)
		}
	}
}

// TestComment: a comment changes nothing that is counted.
func TestComment(t *testing.T) {
	m := newModule(t, ownFiles)
	m.edit(t, "own.go", "func Work", "// Work works.\nfunc Work")
	m.commit(t)
	c := short()
	c.New.Rev = "HEAD"
	c.Bench = "Loop"
	got, _, err := run(t, c)
	if want := want("same", "BenchmarkLoop"); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// TestOneSideOnly compares the benchmarks that both sides have.
func TestOneSideOnly(t *testing.T) {
	m := newModule(t, ownFiles)
	m.edit(t, "own_test.go", "BenchmarkLoop", "BenchmarkRenamed")
	c := short()
	c.Old, c.New = Build{Binary: ownBinary(t)}, Build{Binary: m.build(t, "new.test")}
	c.Units = []string{"steps/op"}
	c.Bench = "^BenchmarkLoop$|^BenchmarkRenamed$|^BenchmarkN$/^with_space$"
	got, result, err := run(t, c)
	if want := map[string]Verdict{"BenchmarkN/with_space steps/op": "same"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	old, new := strings.Join(result.OnlyOld, " "), strings.Join(result.OnlyNew, " ")
	if !strings.HasPrefix(old, "BenchmarkLoop") || !strings.HasPrefix(new, "BenchmarkRenamed") {
		t.Errorf("got only in old: %q, only in new: %q", old, new)
	}
	var table strings.Builder
	if err := result.WriteTable(&table); err != nil || !strings.Contains(table.String(), "not compared, as only the old build has it: BenchmarkLoop") {
		t.Errorf("got error %v, and the table does not mention BenchmarkLoop:\n%s", err, &table)
	}
}

// TestFailure: a benchmark that fails does not end the others.
func TestFailure(t *testing.T) {
	m := newModule(t, ownFiles)
	m.edit(t, "own_test.go", "Steps = 0\n\tfor b.Loop", "if b.N > 0 {\n\t\tb.Fatal(\"a reason\")\n\t}\n\tfor b.Loop")
	failing := Build{Binary: m.build(t, "failing.test")}
	c := short()
	c.Old, c.New = Build{Binary: ownBinary(t)}, failing
	c.Bench = "^BenchmarkLoop$|^BenchmarkN$/^with_space$"
	got, _, err := run(t, c)
	if want := want("same", "BenchmarkN/with_space"); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err == nil || !strings.Contains(err.Error(), "a reason") {
		t.Errorf("got error %v, want one with the reason", err)
	}
	c.Old = failing
	if got, _, err := run(t, c); len(got) != 2 || err != nil {
		t.Errorf("the benchmark fails on both sides: got %v, %v, want no error", got, err)
	}
}

// TestBinaries compares test binaries, outside of any module.
func TestBinaries(t *testing.T) {
	m := newModule(t, ownFiles)
	c := short()
	c.Bench = "Loop"
	c.Old = Build{Binary: ownBinary(t)}
	m.edit(t, "own.go", "range n", "range 2 * n")
	c.New.Binary = m.build(t, "new.test")
	t.Chdir(filepath.Dir(c.New.Binary))
	got, _, err := run(t, c)
	if want := want(Slower, "BenchmarkLoop"); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// TestDir compares two modules in different folders.
func TestDir(t *testing.T) {
	m := newModule(t, ownFiles)
	other := module{t.TempDir()}
	for name, text := range ownFiles {
		other.write(t, "sub/"+name, text)
	}
	other.edit(t, "sub/own.go", "range n", "range 2 * n")
	c := short()
	c.Bench = "Loop"
	c.New.Dir = filepath.Join(other.dir, "sub")
	got, _, err := run(t, c)
	if want := want(Slower, "BenchmarkLoop"); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if status := m.git(t, "status", "--short"); status != "" {
		t.Errorf("the working tree has changed:\n%s", status)
	}
}

// TestRequireFit stops before any benchmark runs.
func TestRequireFit(t *testing.T) {
	newModule(t, ownFiles)
	c := short()
	c.Bench = "Loop"
	c.Old, c.New = Build{Binary: ownBinary(t)}, Build{Binary: ownBinary(t)}
	c.Folder = t.TempDir()
	c.checkMachine = func(context.Context) fitness.Report {
		return fitness.Report{CPUs: 7, Others: fitness.Share{Value: 0.5, Known: true}}
	}
	if _, _, err := run(t, c); err != nil {
		t.Errorf("got error %v although fitness is not required", err)
	}
	if text := readFile(t, c.Folder, "new.txt"); !strings.Contains(text, "\n# processors: 7\n") || !strings.Contains(text, "\n# not fit for benchmarks: other processes use 50.0%") {
		t.Errorf("new.txt does not say how fit the machine is:\n%s", text)
	}
	c.RequireFit = true
	if result, err := Run(t.Context(), c); result != nil || err == nil || !strings.Contains(err.Error(), "not fit for benchmarks: other processes use 50.0%") {
		t.Errorf("got %v, %v, want an error with the reason", result, err)
	}
}

func TestMistakes(t *testing.T) {
	newModule(t, ownFiles)
	for _, test := range []struct {
		name, want string
		change     func(*Config)
	}{
		{"two builds", "Old: want at most one of Rev, Dir, Binary and Command, except Dir with Rev or Command", func(c *Config) { c.Old.Dir = "." }},
		{"option", `revision "--all"`, func(c *Config) { c.New.Rev = "--all" }},
		{"no version", `module "example.com/dep": want module@version`, func(c *Config) { c.New.With = []string{"example.com/dep"} }},
		{"built", "a Binary or a Command is built already", func(c *Config) { c.New = Build{Binary: "x", With: []string{"a@b"}} }},
		{"package", `package "../other": folder `, func(c *Config) { c.Package = "../other" }},
		{"tolerance", "tolerance 1", func(c *Config) { c.Tolerance = 1 }},
		{"width", "width -1", func(c *Config) { c.Width = -1 }},
		{"rounds", "7 to 6 rounds", func(c *Config) { c.MinRounds = 7 }},
		{"sample", "sample of -1ns", func(c *Config) { c.Sample = -1 }},
		{"budget", "budget of -1ns", func(c *Config) { c.Budget = -1 }},
		{"argument", "argument --test.count=3: compare sets -test.count itself", func(c *Config) { c.Args = []string{"--test.count=3"} }},
		{"revision", `revision "nothing" is not in the repository`, func(c *Config) { c.Old = Build{Rev: "nothing"} }},
		{"no package", "building new: go test", func(c *Config) { c.Old, c.Package = Build{Rev: "base"}, "nothing" }},
		{"module", "building new: go get", func(c *Config) { c.New.With = []string{"example.com/none@v9"} }},
		{"no binary", "building new: open nothing.test", func(c *Config) { c.New.Binary = "nothing.test" }},
		{"no module", "is in no module", func(c *Config) { c.New.Dir = os.TempDir() }},
		{"expression", "error parsing regexp", func(c *Config) { c.New, c.Bench = c.Old, "(" }},
		{"flag", "flag provided but not defined: -unknown", func(c *Config) { c.New, c.Args = c.Old, []string{"-unknown"} }},
		{"no benchmark", `no benchmark matches "Nothing", neither in old nor in new`, func(c *Config) { c.New, c.Bench = c.Old, "Nothing" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("GOPROXY", "off")
			c := short()
			c.Old = Build{Binary: ownBinary(t)}
			test.change(&c)
			result, err := Run(context.Background(), c)
			if result != nil || err == nil || !strings.HasPrefix(err.Error(), "compare: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v, want an error with %q", result, err, test.want)
			}
		})
	}
}
