package claims

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

var (
	folder = flag.String("claims.folder", "../results/claims", "where the results are, and where further rounds are added")
	rounds = flag.Int("claims.rounds", 20, "how many rounds a command has at most")
	quick  = flag.Bool("claims.quick", false, "6 rounds, and intervals with a confidence of 95 instead of 99%")
	update = flag.Bool("update", false, "write docs/claims.md again")
)

// BenchmarkClaims measures claims and judges them. It runs only if -bench names it, so that
// go test -bench . ./... does not take an hour.
func BenchmarkClaims(b *testing.B) {
	if !strings.Contains(flag.Lookup("test.bench").Value.String(), "Claims") {
		b.Skip("it runs only if -bench names Claims")
	}
	config := Config{Folder: *folder, Module: "..", Rounds: *rounds, Confidence: Confidence}
	if *quick {
		config.Rounds, config.Confidence = 6, QuickConfidence
	}
	session, err := Open(config)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := session.Close(); err != nil {
			b.Error(err)
		}
	}()
	for _, study := range Studies() {
		b.Run(study.Key, func(b *testing.B) {
			for _, c := range All() {
				if c.Study == study.Key {
					b.Run(c.Number, func(b *testing.B) { measureClaim(b, session, c, config.Confidence) })
				}
			}
		})
	}
	page := filepath.Join(*folder, "claims.md")
	if err := writePage(page, []Class{{Name: "this machine", Sittings: []Results{session.Results()}}}, config.Confidence); err != nil {
		b.Error(err)
	}
	fmt.Printf("# all verdicts so far: %s\n", page)
}

// writePage writes a page into a file.
func writePage(name string, classes []Class, confidence float64) error {
	var page bytes.Buffer
	if err := WritePage(&page, classes, confidence); err != nil {
		return err
	}
	return os.WriteFile(name, page.Bytes(), 0o666)
}

// TestOnlyIfNamed: a benchmark run of all packages does not measure claims.
func TestOnlyIfNamed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "claims")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$", "-test.bench=.", "-claims.folder", folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("-bench . has written a folder of results (error %v)", err)
	}
}

// measureClaim measures one claim, which takes as many rounds as its interval needs, whatever
// b.N is. The session keeps the results, so that further calls are quick.
func measureClaim(b *testing.B, s *Session, c Claim, confidence float64) {
	for _, c := range withPremises(c) {
		if err := s.Measure(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	j := JudgeAll(All(), s.Results(), confidence)[c.Name()]
	b.Logf("%s: %s: %s", c.Name(), c.Says, j)
	if j.Rounds > 0 {
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(j.Interval.Ratio, "value")
		b.ReportMetric(j.Interval.Low, "low")
		b.ReportMetric(j.Interval.High, "high")
		b.ReportMetric(float64(j.Rounds), "rounds")
	}
}

// withPremises returns a claim and those from which it follows.
func withPremises(c Claim) []Claim {
	claims := []Claim{c}
	for _, other := range All() {
		for _, name := range c.From {
			if other.Name() == name {
				claims = append(claims, withPremises(other)...)
			}
		}
	}
	return claims
}

// TestRows runs every command once, with a few echoes for each cell, and checks that it has all
// rows that the claims need.
func TestRows(t *testing.T) {
	if !testkit.IsEvery() {
		t.Skip("takes a minute or more: only make commands runs it (ECHOBENCH_LONG=every)")
	}
	defer func(saved map[string]Command) { commands = saved }(maps.Clone(commands))
	for key, c := range commands {
		c.Time = "6x" // a duel needs as many pairs
		commands[key] = c
	}
	session, err := Open(Config{Folder: t.TempDir(), Module: "..", Rounds: 1, Confidence: Confidence})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range All() {
		if err := session.Measure(t.Context(), c); err != nil {
			t.Error(err)
		}
		if c.Relation == nil {
			continue
		}
		for _, f := range c.Relation.Figures() {
			if !session.Results().has(f) {
				t.Errorf("%s: the command %s has no row %s", c.Name(), f.Command, f.Row)
			}
		}
	}
}

// has reports whether a round has the figure's row.
func (r Results) has(f Figure) bool {
	for _, round := range r[f.Command] {
		for p := range round {
			if p.row == f.Row {
				return true
			}
		}
	}
	return false
}

// TestPage: docs/claims.md is what the results in testdata/claims say.
func TestPage(t *testing.T) {
	classes, err := ReadClasses("../testdata/claims")
	if err != nil {
		t.Fatal(err)
	}
	if classes == nil {
		t.Skip("there are no results in testdata/claims, of which docs/claims.md is made")
	}
	var want bytes.Buffer
	if err := WritePage(&want, classes, Confidence); err != nil {
		t.Fatal(err)
	}
	const name = "../docs/claims.md"
	if *update {
		if err := os.WriteFile(name, want.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the results say: run go test ./claims -update (error %v)", name, err)
	}
}
