package commands

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Shorten returns a command that does the same as the given one with few samples, few
// cells and short budgets.
func Shorten(command string) (string, error) {
	statements, err := parseShell(command)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, s := range statements {
		if !s.isControl() {
			s.shorten()
		}
		parts = append(parts, s.String())
	}
	return strings.Join(parts, " "), nil
}

// shorten replaces the statement's arguments.
func (s *statement) shorten() {
	switch program, args := s.words[0], s.words[1:]; {
	case program == "make":
		s.words = append([]string{"make"}, shortMake(args)...)
	case program == ".ci/run":
		s.words = []string{"bash", "-n", ".ci/run"}
	case program == "go" && args[0] == "test":
		if slices.Equal(args, []string{"test", "./..."}) {
			s.words = []string{"go", "vet", "./..."} // make check has run the tests
			return
		}
		s.words = append([]string{"go", "test"}, shortTest(args[1:])...)
	case strings.HasPrefix(program, "results/bin/"):
		s.words = append(s.words, "-compare.budget", "3m", "-compare.units", "allocs/op", "-size", "64B", "-par", "1")
	}
}

// shortMake returns arguments of make. Targets that are not listed here take minutes or
// need a network; make only shows what it would run for them.
func shortMake(args []string) []string {
	has := func(name string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, name+"=") })
	}
	if len(args) == 0 {
		return nil
	}
	switch args[0] {
	case "help", "tidy":
		return args
	case "report", "summary":
		return append(args, "RESULTS=testdata/baseline.txt", "REPORT=results/baseline.html") // the last of two counts
	case "layers":
		return append(args, "COUNT=1", "BENCHTIME=1x", "RESULTS=results/short.txt")
	case "bench":
		args = append(args, "COUNT=1", "BENCHTIME=1x", "RESULTS=results/bench.txt")
		if !has("BENCH") {
			args = append(args, "BENCH=Echo/.*/size=64B/par=1.*")
		}
		return args
	case "compare":
		if !has("OLD") {
			break // a mention
		}
		args = append(args, "BUDGET=3m", "UNITS=allocs/op") // that times are unmeasurable would be an error
		if !has("ARGS") {
			args = append(args, "ARGS=-size 64B -par 1")
		}
		if !has("PROTO") {
			args = append(args, "PROTO=tcp")
		}
		return args
	}
	return append([]string{"-n"}, args...)
}

// short are values of flags that take the place of others.
var short = map[string]string{
	"benchtime": "1x", "count": "1", "fuzztime": "100x", "slo-time": "2s",
	"soak": "3s", "gate.time": "1",
	"slo": "p50=1s", // is kept on a busy machine, too
}

// Shape returns what a shortened command has in common with those that differ from it in
// the values of flags only: one of them tries what the others try.
func Shape(shorter string) (string, error) {
	statements, err := parseShell(shorter)
	if err != nil {
		return "", err
	}
	var shapes []string
	for _, s := range statements {
		shapes = append(shapes, s.end)
		for i, word := range s.words {
			flag, _, hasValue := strings.Cut(word, "=")
			value := i > 0 && slices.Contains(values, s.words[i-1])
			switch {
			case hasValue && slices.Contains(values, flag):
				shapes = append(shapes, flag)
			case !value:
				shapes = append(shapes, word)
			}
		}
		shapes = append(shapes, s.output)
	}
	slices.Sort(shapes)
	return strings.Join(slices.Compact(shapes), " "), nil
}

// values are the flags whose values make no difference to a command's shape. The quick
// test checks their values.
var values = []string{"-proto", "-size", "-par", "-rate", "-idle", "-benchtime", "-count", "-slo-time"}

// shortTest returns the arguments of go test that take the place of others. Tests are
// only listed, because make check runs them.
func shortTest(args []string) (shorter []string) {
	t, err := parseGoTest(args)
	if err != nil {
		return args
	}
	for i := 0; i < len(args); i++ {
		name, given, hasValue := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		value := ""
		if strings.HasPrefix(args[i], "-") {
			if !hasValue && i+1 < len(args) {
				given = args[i+1]
			}
			value = shortValue(name, given)
		}
		if value == "" {
			shorter = append(shorter, args[i])
			continue
		}
		shorter = append(shorter, "-"+name+"="+value)
		if !hasValue {
			i++
		}
	}
	return append(shorter, addShort(t, shorter)...)
}

// shortValue returns what takes the place of a flag's value, or "" if it stays.
func shortValue(name, given string) string {
	limit := map[string]int{"par": 50, "idle": 100}[name]
	if limit == 0 {
		return short[name]
	}
	var numbers []string
	for _, field := range strings.Split(given, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return given
		}
		if text := strconv.Itoa(min(n, limit)); !slices.Contains(numbers, text) {
			numbers = append(numbers, text)
		}
	}
	return strings.Join(numbers, ",")
}

// addShort returns the arguments that are missing in a shorter command. They follow the
// packages.
func addShort(t goTest, args []string) (more []string) {
	has := func(name string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return a == "-"+name || strings.HasPrefix(a, "-"+name+"=") })
	}
	if t.value("bench") == "" {
		if long := has("sensitivity") || has("layouts"); t.packages[0] != "." && (long || len(t.args) == 0) {
			return []string{"-list=" + cmp.Or(splitPattern(t.value("run"), '/')[0], ".")}
		}
		return nil
	}
	if !has("benchtime") {
		more = append(more, "-benchtime=1x")
	}
	if t.packages[0] != "." || t.value("o") != "" {
		return more
	}
	if !has("size") {
		more = append(more, "-size=64B")
	}
	if has("slo") && !has("slo-time") {
		more = append(more, "-slo-time=2s")
	}
	if par := "-par=1,10"; !has("par") {
		if has("slo") {
			par = "-par=2"
		}
		more = append(more, par)
	}
	return more
}
