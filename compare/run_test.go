package compare

import (
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/run/scratch"
)

// newSide returns a runner and a side that runs the test binary in the module.
func newSide(t *testing.T, m module, binary string) (*runner, side) {
	t.Helper()
	s := side{name: "new", binary: binary, dir: m.dir}
	folder, err := scratch.Open(folderPrefix)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRunner(folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.close()
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, s
}

// oneTask returns the task of a benchmark.
func oneTask(r *runner, name string, timeout time.Duration) *task {
	s := newScheduler(Config{}, r, [3]side{}, &found{both: []string{name}}, nil, time.Time{})
	s.tasks[0].timeout = timeout
	return s.tasks[0]
}

// TestOneBenchmark runs each benchmark by its name, with and without the suffix
// for GOMAXPROCS.
func TestOneBenchmark(t *testing.T) {
	r, s := newSide(t, newModule(t, ownFiles), ownBinary(t))
	for r.procs = 1; r.procs <= 2; r.procs++ {
		out, err := r.run(t.Context(), s, job{bench: ".", benchtime: "1x", timeout: time.Minute})
		if err != nil || len(out.results) != len(ownBenchmarks) {
			t.Fatalf("got %d results, %v, want %d", len(out.results), err, len(ownBenchmarks))
		}
		for i, result := range out.results {
			if got, want := fullName(result), ownBenchmarks[i]+r.suffix(); got != want {
				t.Errorf("GOMAXPROCS %d: got %s, want %s", r.procs, got, want)
			}
			name := fullName(result)
			got, err := r.sample(t.Context(), s, oneTask(r, name, time.Minute), "7x")
			if err != nil || len(got.results) != 1 || got.results[0].Iters != 7 || got.values[name]["allocs/op"] == 0 {
				t.Errorf("GOMAXPROCS %d: got %v, %v, want 7 iterations of %s", r.procs, got.values, err, result.Name)
			}
		}
	}
}

// odd has benchmarks that print something else than one result, and one that does not
// end.
const odd = `package own

import (
	"os"
	"testing"
	"time"
)

func BenchmarkHang(b *testing.B)  { time.Sleep(time.Hour) }
func BenchmarkSkip(b *testing.B)  { b.Skip("a reason to skip") }
func BenchmarkFail(b *testing.B)  { b.Fatal("a reason to fail") }
func BenchmarkExit(b *testing.B)  { os.Exit(0) }
func BenchmarkPanic(b *testing.B) { panic("a reason to panic") }
`

// TestNoResult describes benchmarks that have no result, and kills the one that does not
// end.
func TestNoResult(t *testing.T) {
	m := newModule(t, map[string]string{"go.mod": ownFiles["go.mod"], "own_test.go": odd})
	r, s := newSide(t, m, m.build(t, "own.test"))
	for _, c := range []struct {
		name, want string
		timeout    time.Duration
	}{
		{"BenchmarkSkip", "it printed no result", time.Minute},
		{"BenchmarkExit", "unexpected call to os.Exit(0)", time.Minute},
		{"BenchmarkFail", "a reason to fail", time.Minute},
		{"BenchmarkPanic", "a reason to panic", time.Minute},
		{"BenchmarkHang", "it did not end within 500ms and was killed", 500 * time.Millisecond},
	} {
		name := c.name + r.suffix()
		_, err := r.sample(t.Context(), s, oneTask(r, name, c.timeout), "2x")
		if err == nil || !strings.HasPrefix(err.Error(), name+" (new): ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestIterations(t *testing.T) {
	const want = 50 * time.Millisecond
	for _, c := range []struct {
		name    string
		iters   int
		nsPerOp float64
		elapsed time.Duration
		want    int
	}{
		{"a short process", 6000, 10_000, 90 * time.Millisecond, 5000},
		{"a long process", 5000, 10_000, 650 * time.Millisecond, 20_000},
		{"a very long process", 5000, 10_000, time.Minute, 50_000},
		{"one iteration", 1, 3e9, 4 * time.Second, 1},
		{"one iteration of a long process", 1, 40e6, 340 * time.Millisecond, 2},
		{"without ns/op", 3000, 0, time.Second, 3000},
	} {
		if got := iterations(c.iters, c.nsPerOp, c.elapsed, want); got != c.want {
			t.Errorf("%s: got b.N = %d, want %d", c.name, got, c.want)
		}
	}
}
