package compare

import (
	"debug/buildinfo"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// TestRecorded: the flags of go build are known from a binary.
func TestRecorded(t *testing.T) {
	m := newModule(t, ownFiles)
	t.Setenv("GOFLAGS", "")
	binary := filepath.Join(t.TempDir(), "own.test")
	cmd := exec.Command("go", "test", "-c", "-tags=fast,small", "-gcflags=-N -l", "-ldflags=-w", "-o", binary)
	cmd.Dir = m.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := recorded(info), []string{"-gcflags=-N -l", "-ldflags=-w", "-tags=fast,small"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := describe(binary); !strings.HasPrefix(got, binary+": example.com/own.test (devel) go1") || !strings.HasSuffix(got, ` -gcflags=-N -l -ldflags=-w -tags=fast,small`) {
		t.Errorf("the binary is described as %q", got)
	}
}

// TestBuildFlags: those of Config.BuildFlags come after those of the own binary, and
// replace its -ldflags; what the environment says already is not passed on. The header
// has all of them.
func TestBuildFlags(t *testing.T) {
	newModule(t, ownFiles)
	c := short()
	c.Old = Build{Binary: ownBinary(t)}
	c.New = c.Old
	c.BuildFlags = []string{"-modfile=other.mod", "-ldflags=-X main.a=b"}
	c.readOwn = func() (*debug.BuildInfo, []string) {
		return &debug.BuildInfo{Settings: []debug.BuildSetting{
			{Key: "-buildmode", Value: "exe"},
			{Key: "-compiler", Value: "gc"},
			{Key: "-ldflags", Value: "-w"},
			{Key: "-pgo", Value: "/somewhere/default.pgo"},
			{Key: "-race", Value: "true"},
			{Key: "DefaultGODEBUG", Value: "x=1"},
			{Key: "CGO_ENABLED", Value: "7"},
			{Key: "GOOS", Value: "plan9"},
			{Key: "vcs", Value: "git"},
		}}, []string{"-test.short=true"}
	}
	_, b := buildSides(t, c)
	f := b.flags
	if got, want := f.args, []string{"-race=true", "-modfile=other.mod"}; !slices.Equal(got, want) {
		t.Errorf("the flags are %q, want %q", got, want)
	}
	if want := "-X main.a=b"; f.ldflags != want {
		t.Errorf("the linker's flags are %q, want %q", f.ldflags, want)
	}
	if want := []string{"CGO_ENABLED=7", "GOOS=plan9"}; !slices.Equal(f.env, want) {
		t.Errorf("the variables are %q, want %q", f.env, want)
	}
	want := "# all sides are built and run with CGO_ENABLED=7 GOOS=plan9 -race=true -modfile=other.mod -test.short=true -ldflags=-X main.a=b\n"
	if got := b.header(); !strings.HasPrefix(got, want) {
		t.Errorf("the header is\n%s\nwant\n%s", got, want)
	}
}

func TestSplitQuoted(t *testing.T) {
	for text, want := range map[string][]string{
		"":                             nil,
		" -a  -b=c ":                   {"-a", "-b=c"},
		`'-ldflags=-s -w' "-tags=a b"`: {"-ldflags=-s -w", "-tags=a b"},
		`'-open -end`:                  {"-open -end"},
	} {
		if got := splitQuoted(text); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestGateFlags: a gate compares what it was built and run with.
func TestGateFlags(t *testing.T) {
	testkit.Long(t)
	files := map[string]string{"fast.go": "//go:build fast\n\npackage own\n\nconst factor = 1\n", "usual.go": "//go:build !fast\n\npackage own\n\nconst factor = 1\n"}
	for name, text := range gateFiles {
		files[name] = text
	}
	files["own_test.go"] = strings.Replace(files["own_test.go"], "Work(1)", "Work(1)\n\t\tif testing.Short() && *more {\n\t\t\tWork(factor - 1)\n\t\t}", 1)
	files["own_test.go"] = strings.Replace(files["own_test.go"], "\"testing\"\n)", "\"testing\"\n\t\"flag\"\n)\n\nvar more = flag.Bool(\"more\", false, \"\")", 1)
	m, usual := newGate(t, files)
	fast := filepath.Join(t.TempDir(), "gate.test")
	cmd := exec.Command("go", "test", "-c", "-buildvcs=false", "-tags=fast", "-o", fast)
	cmd.Dir = filepath.Join(m.dir, "work")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m.edit(t, "work/fast.go", "factor = 1", "factor = 2")
	if out, passed := runGate(t, usual, "base", "-test.short", "-more"); !passed {
		t.Errorf("without the tag: the gate fails:\n%s", out)
	}
	out, passed := runGate(t, fast, "base", "-test.short", "-more")
	if passed || !strings.Contains(out, "steps/op is slower than before: 1 -> 2") {
		t.Errorf("with the tag: passed %v, want twice the steps:\n%s", passed, out)
	}
	if want := "all sides are built and run with -tags=fast -test.short=true"; !strings.Contains(out, want) {
		t.Errorf("the output does not have %q:\n%s", want, out)
	}
}
