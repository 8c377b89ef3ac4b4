package claims

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/echobench/echobench/internal/run/scratch"
)

// A Config says how to measure.
type Config struct {
	Folder string // where results are, and where further rounds are added
	Module string // the root of this module

	// Rounds is how many rounds a command has at most. Confidence is that at which a claim is
	// judged after the first rounds, and after every fourth further one; the commands of a claim
	// that is decided are not run again.
	Rounds     int
	Confidence float64
}

// runTimeout limits one run of a command.
const runTimeout = 5 * time.Minute

// A Session measures claims. It builds each test binary once.
type Session struct {
	config  Config
	folder  *scratch.Folder
	results Results
	failed  map[string]error // of commands that are not run any more
}

// Open returns a Session, which starts with the results in the folder: one that was interrupted
// goes on where it stopped. The caller must close it.
func Open(c Config) (*Session, error) {
	if err := os.MkdirAll(c.Folder, 0o777); err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	results, err := Read(c.Folder)
	if err != nil {
		return nil, err
	}
	folder, err := scratch.Open("echobench-claims")
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	return &Session{config: c, folder: folder, results: results, failed: make(map[string]error)}, nil
}

// Close removes the binaries.
func (s *Session) Close() error { return s.folder.Close() }

// Results returns the results so far.
func (s *Session) Results() Results { return s.results }

// Measure runs the commands of a claim in rounds, until it is decided or has all rounds. The
// commands of a round run one after the other, in random order, each in a process of its own. A
// command that has failed is not run again in this Session.
func (s *Session) Measure(ctx context.Context, c Claim) error {
	keys := c.commands()
	for {
		n := s.config.Rounds
		for _, key := range keys {
			if err := s.failed[key]; err != nil {
				return fmt.Errorf("claims: %s: %w", key, err)
			}
			n = min(n, len(s.results[key]))
		}
		if len(keys) == 0 || n >= s.config.Rounds || s.decided(c, n) {
			return nil
		}
		rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, key := range keys {
			if len(s.results[key]) > n {
				continue
			}
			if err := s.round(ctx, key); ctx.Err() != nil {
				return context.Cause(ctx)
			} else if err != nil {
				s.failed[key] = err
				return fmt.Errorf("claims: %s: %w", key, err)
			}
		}
	}
}

// decided reports whether the claim is decided after n rounds. It looks only after some of
// them.
func (s *Session) decided(c Claim, n int) bool {
	return n >= minRounds && (n-minRounds)%4 == 0 && Judge(c, s.results, s.config.Confidence).Verdict.Decided()
}

// round runs a command once, and adds its results to its file.
func (s *Session) round(ctx context.Context, key string) error {
	command := commands[key]
	ctx, cancel := context.WithTimeoutCause(ctx, runTimeout, fmt.Errorf("no end after %v", runTimeout))
	defer cancel()
	binary, err := s.build(ctx, command.Package)
	if err != nil {
		return err
	}
	cmd := s.folder.Command(ctx, binary, command.args()...)
	cmd.Dir = filepath.Join(s.config.Module, command.Package)
	cmd.Env = append(cmd.Environ(), "ECHOBENCH_RULES=off")
	cmd.Env = append(cmd.Env, command.Env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := s.folder.Run(cmd); err != nil {
		return fmt.Errorf("%w: %s", errors.Join(err, context.Cause(ctx)), lastLines(out.String()))
	}
	return s.add(key, out.String())
}

// build builds the test binary of a package, once.
func (s *Session) build(ctx context.Context, pkg string) (string, error) {
	binary := filepath.Join(s.folder.Path, strings.Trim(strings.ReplaceAll(pkg, "/", "-"), ".-")+".test")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	cmd := s.folder.Command(ctx, "go", "test", "-c", "-o", binary, pkg)
	cmd.Dir = s.config.Module
	_, err := s.folder.Output(cmd)
	return binary, err
}

// add appends the output of one run to the command's file: all of its rows, with the units that
// the claims need. The first round also has the lines about the machine.
func (s *Session) add(key, output string) error {
	round := make(map[point]float64)
	var text strings.Builder
	if len(s.results[key]) == 0 {
		writeHeader(&text, commands[key], output)
	}
	needed := units(key)
	for row, err := range rows(strings.NewReader(output), key) {
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "Benchmark%s 1", row.name)
		for _, unit := range slices.Sorted(maps.Keys(row.values)) {
			if needed[unit] {
				fmt.Fprintf(&text, " %v %s", row.values[unit], unit)
				round[point{row.name, unit}] = row.values[unit]
			}
		}
		text.WriteByte('\n')
	}
	if len(round) == 0 {
		return fmt.Errorf("no results: %s", lastLines(output))
	}
	f, err := os.OpenFile(filepath.Join(s.config.Folder, key+".txt"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text.String())
	s.results[key] = append(s.results[key], round)
	return errors.Join(err, f.Close())
}

// writeHeader writes the command, what the output says about the machine, and the units'
// directions.
func writeHeader(text *strings.Builder, c Command, output string) {
	fmt.Fprintf(text, "# %s\n", c)
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "# go1") || strings.HasPrefix(line, "# modules:") || strings.HasPrefix(line, "Unit ") ||
			strings.HasPrefix(line, "server: ") {
			text.WriteString(line)
		}
	}
}

// units returns the units that claims need of a command. ns/op is always among them.
func units(key string) map[string]bool {
	needed := map[string]bool{"ns/op": true}
	for _, c := range All() {
		if c.Relation == nil {
			continue
		}
		for _, f := range c.Relation.Figures() {
			if f.Command == key {
				needed[f.Unit] = true
			}
		}
	}
	return needed
}

// lastLines returns the end of a command's output, in one line.
func lastLines(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}
