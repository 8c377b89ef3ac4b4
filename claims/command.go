package claims

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
)

// A Command is a run of benchmarks of one package.
type Command struct {
	Package string   // relative to the module's root
	Bench   string   // as for -bench
	Args    []string // further flags
	Env     []string // further variables of the environment
	Time    string   // how long each cell measures in a round, as for -benchtime; empty means 200ms
}

// String returns the command as it is typed.
func (c Command) String() string {
	words := append(slices.Clone(c.Env), "go", "test", "-run", "'^$'", "-bench", c.Bench, c.Package, "-benchtime", c.time())
	for _, arg := range c.Args {
		if strings.ContainsAny(arg, " ;*") {
			arg = "'" + arg + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

func (c Command) time() string { return cmp.Or(c.Time, "200ms") }

// args returns the arguments of the test binary. The variants that -proto names are in random
// order, which is the order in which they run.
func (c Command) args() []string {
	args := []string{"-test.run=^$", "-test.bench=" + c.Bench, "-test.count=1", "-test.benchtime=" + c.time()}
	for i, arg := range c.Args {
		if i > 0 && c.Args[i-1] == "-proto" {
			protos := strings.Split(arg, ",")
			rand.Shuffle(len(protos), func(i, j int) { protos[i], protos[j] = protos[j], protos[i] })
			arg = strings.Join(protos, ",")
		}
		args = append(args, arg)
	}
	return args
}
