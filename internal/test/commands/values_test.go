package commands

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchproc"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/test/floor"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

const (
	module        = "github.com/echobench/echobench"
	repository    = "https://" + module
	benchstatPath = "golang.org/x/perf/cmd/benchstat"
)

// protocols are the defaults of BenchmarkEcho, and variants what -proto accepts beside
// them.
func protocols() (defaults, variants []echo.Variant) {
	for _, all := range [][]echo.Variant{
		tcp.Variants(), rest.Variants(), grpcecho.Variants(), zmqecho.Variants(), gorpcecho.Variants(),
	} {
		defaults = append(defaults, all[0])
		variants = append(variants, all[1:]...)
	}
	return defaults, append(variants, floor.Variants()...)
}

// flags checks what a command gives to a test binary, and that -bench selects a cell.
func (c *checker) flags(dir string, p testPackage, t goTest) error {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for name, kind := range p.flags {
		if kind == "Bool" {
			set.Bool(name, false, "")
		} else {
			set.String(name, "", "")
		}
	}
	if !p.suite {
		return set.Parse(t.args)
	}
	flags := echobench.NewFlags(set)
	if err := set.Parse(t.args); err != nil {
		return err
	}
	defaults, more := protocols()
	if dir != "." {
		defaults, more = []echo.Variant{{Name: "own", Transport: &tcp.Transport{}}}, nil
	}
	suite, err := flags.Suite(defaults, more...)
	if err != nil {
		return err
	}
	if slo := set.Lookup("slo").Value.String(); slo != "" {
		for _, text := range strings.Split(slo, ",") {
			if err := new(echobench.SLO).UnmarshalText([]byte(text)); err != nil {
				return err
			}
		}
	}
	if bench := t.value("bench"); strings.Contains(bench, "Echo/") {
		return selectsCell(bench, suite)
	}
	return nil
}

// selectsCell returns an error unless a pattern of -bench matches a cell of the suite.
func selectsCell(pattern string, s echobench.Suite) error {
	if s.Sizes == nil {
		s.Sizes = echobench.DefaultSizes()
	}
	if s.Parallelism == nil {
		s.Parallelism = echobench.DefaultParallelism()
	}
	elements := splitPattern(pattern, '/')
	for _, v := range s.Variants {
		for _, size := range s.Sizes {
			for _, par := range s.Parallelism {
				cell := []string{"BenchmarkEcho", "proto=" + v.Name, "size=" + size.String(), fmt.Sprintf("par=%d", par)}
				matched := true
				for i, element := range elements[:min(len(elements), len(cell))] {
					ok, err := matchAny(element, cell[i:i+1])
					if err != nil {
						return err
					}
					matched = matched && ok
				}
				if matched {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("-bench %s selects no cell", pattern)
}

// benchstat checks the arguments of benchstat.
func (c *checker) benchstat(args []string) error {
	set := flag.NewFlagSet("benchstat", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	var parser benchproc.ProjectionParser
	var filter *benchproc.Filter
	set.Func("filter", "", func(value string) (err error) { filter, err = benchproc.NewFilter(value); return err })
	for _, name := range []string{"col", "row", "table", "ignore"} {
		set.Func(name, "", func(value string) error { _, err := parser.Parse(value, filter); return err })
	}
	for _, name := range []string{"format", "alpha", "confidence"} {
		set.String(name, "", "")
	}
	filter, _ = benchproc.NewFilter("*")
	if err := set.Parse(args); err != nil {
		return err
	}
	for _, name := range set.Args() {
		if _, file, ok := strings.Cut(name, "="); ok {
			name = file
		}
		if err := c.exists(name); err != nil {
			return fmt.Errorf("%w; no earlier command of the document writes it", err)
		}
	}
	return nil
}

// make checks targets and variables of make.
func (c *checker) make(args []string) error {
	var root []string // flags for the benchmarks of the root
	bench := ""
	for _, arg := range args {
		name, value, assigns := strings.Cut(arg, "=")
		if !assigns {
			if _, ok := c.targets[name]; !ok {
				return fmt.Errorf("the Makefile has no target %s", name)
			}
			continue
		}
		if !slices.Contains(c.targets["="], name) {
			return fmt.Errorf("the Makefile has no variable %s", name)
		}
		if err := checkVariable(name, value); err != nil {
			return fmt.Errorf("%s: %w", arg, err)
		}
		switch name {
		case "BENCH":
			bench = value
		case "PROTO":
			root = append(root, "-proto", value)
		case "SERVER":
			root = append(root, "-server", value)
		case "ARGS":
			root = append(root, strings.Fields(value)...)
		}
	}
	if bench != "" {
		root = append([]string{"-bench", bench}, root...)
	}
	return c.goTest(root)
}

// checkVariable checks the form of a value of make's variables.
func checkVariable(name, value string) error {
	form := ""
	switch name {
	case "COUNT", "SEED":
		form = `^[0-9]+$`
	case "WITH":
		form = `^[\w./-]+@v[0-9]+\.[0-9]+\.[0-9]+$`
	case "BENCHTIME":
		form = `^([0-9]+x|[0-9]+m?s)$`
	case "FUZZTIME", "SOAK", "BUDGET":
		_, err := time.ParseDuration(value)
		return err
	}
	if ok, err := matchAny(form, []string{value}); err != nil || !ok {
		return fmt.Errorf("want %s: %v", form, err)
	}
	return nil
}

var (
	target   = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)
	variable = regexp.MustCompile(`(?m)^([A-Z]+) *\?=`)
)

// readMakefile returns the targets of the Makefile, and its variables at "=".
func readMakefile(root string) (map[string][]string, error) {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	targets := map[string][]string{"=": submatches(variable, string(text))}
	for _, name := range submatches(target, string(text)) {
		targets[name] = nil
	}
	return targets, err
}
