package claims

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Class is a class of machines with the results of one or more sittings.
type Class struct {
	Name     string
	Sittings []Results
}

// ReadClasses reads a folder with a folder for each class, which has a folder for each sitting.
func ReadClasses(folder string) ([]Class, error) {
	names, err := folders(folder)
	if err != nil {
		return nil, err
	}
	var classes []Class
	for _, name := range names {
		sittings, err := folders(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		class := Class{Name: name}
		for _, sitting := range sittings {
			results, err := Read(filepath.Join(folder, name, sitting))
			if err != nil {
				return nil, err
			}
			class.Sittings = append(class.Sittings, results)
		}
		classes = append(classes, class)
	}
	return classes, nil
}

// folders returns the names of the folders in a folder, which need not exist.
func folders(folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("claims: %w", err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// A page is what WritePage writes.
type page struct {
	strings.Builder
	classes  []Class
	sittings [][]map[string]Judgement // of each class, by claim
	totals   map[string]Judgement     // of all classes together
}

// WritePage writes a page such as docs/claims.md: every claim with what each class of machines says
// about it, at the given confidence.
func WritePage(w io.Writer, classes []Class, confidence float64) error {
	p := page{classes: classes, totals: make(map[string]Judgement)}
	for _, class := range classes {
		var sittings []map[string]Judgement
		for _, results := range class.Sittings {
			sittings = append(sittings, JudgeAll(All(), results, confidence))
		}
		p.sittings = append(p.sittings, sittings)
	}
	if len(classes) == 0 {
		p.totals = JudgeAll(All(), nil, confidence)
	} else {
		for _, c := range All() {
			p.totals[c.Name()] = p.total(c)
		}
	}
	fmt.Fprintf(&p, introduction, 100*confidence)
	p.summary()
	for _, study := range Studies() {
		p.study(study)
	}
	p.commands()
	_, err := io.WriteString(w, p.String())
	return err
}

const introduction = `# Published claims, measured

[comment]: # (This page is generated: go test ./claims -update. It must not be edited.)

This page lists what five published comparisons say, and whether measurements confirm it. Each claim is data in package
[claims](https://pkg.go.dev/github.com/echobench/echobench/claims): the figures that decide it, how a number is computed of them in each round
of measurements, and the region in which that number must lie, which was chosen before the first measurement. A verdict comes
from the %.0f%% confidence interval of all rounds:

- **holds**: the interval lies in the region. **Order only**: the direction is as claimed and the size is not. **Does not**: not even
  the direction is.
- **Unclear**: the interval allows more than one of these, or two sittings on one class of machines disagree.
- **Depends**: two classes of machines decided opposite ways.
- **Cannot be measured here**, **needs**: the machine, the study or this suite lacks something, which the table names.

The first of the following commands measures one claim, the second all of them, and the third all of them in a few minutes, with wider
intervals:

    go test -run '^$' -bench 'Claims/kernel/1$' ./claims
    make claims
    make claims QUICK=1

`

// summary counts the verdicts of each study.
func (p *page) summary() {
	verdicts := []Verdict{Holds, OrderOnly, DoesNot, Depends, Unclear, Unmeasurable, Needs, NotMeasured}
	p.WriteString("| study | claims |")
	for _, v := range verdicts {
		fmt.Fprintf(p, " %s |", v)
	}
	p.WriteString("\n|---|---|" + strings.Repeat("---|", len(verdicts)) + "\n")
	sum := make(map[Verdict]int)
	for _, study := range Studies() {
		counts := make(map[Verdict]int)
		for _, c := range All() {
			if c.Study == study.Key {
				counts[p.totals[c.Name()].Verdict]++
				sum[p.totals[c.Name()].Verdict]++
			}
		}
		p.counts(fmt.Sprintf("[%s](#%s)", study.Key, study.Key), verdicts, counts)
	}
	p.counts("all", verdicts, sum)
	p.WriteByte('\n')
}

// counts writes a row of the summary.
func (p *page) counts(name string, verdicts []Verdict, counts map[Verdict]int) {
	all := 0
	for _, n := range counts {
		all += n
	}
	fmt.Fprintf(p, "| %s | %d |", name, all)
	for _, v := range verdicts {
		if counts[v] == 0 {
			p.WriteString(" |")
		} else {
			fmt.Fprintf(p, " %d |", counts[v])
		}
	}
	p.WriteByte('\n')
}

// study writes the table of one study and its notes.
func (p *page) study(s Study) {
	fmt.Fprintf(p, "## %s\n\n%s, by %s%s. %s.\n\n", s.Key, s.Title, s.Author, prefixed(", ", s.Address), s.Environment)
	p.WriteString("| claim | figure | measured | wanted |")
	for _, class := range p.classes {
		fmt.Fprintf(p, " %s |", class.Name)
	}
	p.WriteString(" verdict |\n|---|---|---|---|" + strings.Repeat("---|", len(p.classes)) + "---|\n")
	var notes []string
	for _, c := range All() {
		if c.Study != s.Key {
			continue
		}
		fmt.Fprintf(p, "| %s: %s | %s | %s | %s |", c.Number, c.Says, c.Figure, c.measured(), c.wanted())
		for i := range p.classes {
			fmt.Fprintf(p, " %s |", p.class(i, c))
		}
		fmt.Fprintf(p, " %s |\n", p.verdict(c))
		if c.Note != "" {
			notes = append(notes, fmt.Sprintf("**%s.** %s\n\n", c.Number, c.Note))
		}
	}
	p.WriteByte('\n')
	p.WriteString(strings.Join(notes, ""))
}

// measured describes what decides the claim.
func (c Claim) measured() string {
	switch {
	case c.Relation != nil:
		return c.Relation.String() + "; " + strings.Join(each(c.commands(), func(key string) string { return "[" + key + "](#commands)" }), ", ")
	case c.From != nil:
		return "follows from " + strings.Join(c.From, ", ")
	}
	return ""
}

// wanted describes the region, and the direction if it is another one.
func (c Claim) wanted() string {
	switch {
	case c.Relation == nil:
		return ""
	case c.direction() == c.Region:
		return c.Region.String()
	default:
		return fmt.Sprintf("%s; direction: %s", c.Region, c.Direction)
	}
}

// class describes the intervals of a class's sittings.
func (p *page) class(i int, c Claim) string {
	var texts []string
	for _, sitting := range p.sittings[i] {
		if j := sitting[c.Name()]; j.Rounds > 0 {
			texts = append(texts, fmt.Sprintf("%s [%s, %s]", number(j.Interval.Ratio), number(j.Interval.Low), number(j.Interval.High)))
		}
	}
	return strings.Join(texts, "; ")
}

// total returns the judgement of all classes together.
func (p *page) total(c Claim) Judgement {
	var classes []Judgement
	for _, sittings := range p.sittings {
		classes = append(classes, Sittings(each(sittings, func(s map[string]Judgement) Judgement { return s[c.Name()] })))
	}
	return Classes(classes)
}

// verdict returns the verdict with the reason, if there is one.
func (p *page) verdict(c Claim) string {
	j := p.totals[c.Name()]
	if j.Rounds > 0 {
		return "**" + string(j.Verdict) + "**"
	}
	return "**" + string(j.Verdict) + "**" + prefixed(": ", j.Why)
}

// commands lists all commands.
func (p *page) commands() {
	p.WriteString("## Commands\n\n| name | command |\n|---|---|\n")
	for _, key := range slices.Sorted(maps.Keys(commands)) {
		fmt.Fprintf(p, "| %s | `%s` |\n", key, commands[key])
	}
}

// prefixed returns text after a prefix, or nothing if text is empty.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
