package commands

import (
	"flag"
	"io"
	"strings"
	"time"
)

// A goTest is what go test makes of its arguments.
type goTest struct {
	flags    *flag.FlagSet // go test's own
	packages []string      // at least one
	args     []string      // for the test binary
}

// parseGoTest parses the arguments of go test as the go command does: flags that it does
// not know and words after the first of them are for the test binary.
func parseGoTest(args []string) (goTest, error) {
	t := goTest{flags: goTestFlags()}
	foreign := false // an unknown flag has been met
	for len(args) > 0 {
		arg := args[0]
		if arg == "-args" || arg == "--args" {
			t.args = append(t.args, args[1:]...)
			break
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		known := t.flags.Lookup(strings.TrimPrefix(name, "test."))
		switch {
		case !strings.HasPrefix(arg, "-") && !foreign && t.args == nil:
			t.packages = append(t.packages, arg)
		case !strings.HasPrefix(arg, "-") || known == nil:
			foreign = true
			t.args = append(t.args, arg)
		default:
			n := 2
			if hasValue || isBool(known) {
				n = 1
			}
			n = min(n, len(args))
			parsed := append([]string{"-" + strings.TrimPrefix(strings.TrimLeft(arg, "-"), "test.")}, args[1:n]...)
			if err := t.flags.Parse(parsed); err != nil {
				return t, err
			}
			args = args[n:]
			continue
		}
		args = args[1:]
	}
	if t.packages == nil {
		t.packages = []string{"."}
	}
	return t, nil
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// goTestFlags returns the flags of go test, of which the documents may use any.
func goTestFlags() *flag.FlagSet {
	set := flag.NewFlagSet("go test", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, name := range strings.Fields("v race benchmem short c json failfast cover n x work trimpath fullpath") {
		set.Bool(name, false, "")
	}
	for _, name := range strings.Fields(`run bench benchtime cpu cpuprofile memprofile blockprofile mutexprofile
		trace o tags vet fuzz fuzztime exec ldflags gcflags modfile mod list skip C outputdir coverprofile shuffle`) {
		set.String(name, "", "")
	}
	for _, name := range strings.Fields("p parallel") {
		set.Int(name, 1, "")
	}
	set.Int("count", 1, "")
	set.Duration("timeout", 10*time.Minute, "")
	return set
}

// value returns the value of one of go test's own flags.
func (t goTest) value(name string) string { return t.flags.Lookup(name).Value.String() }
