package compare

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/echobench/echobench/compare/internal/tree"
)

// maxLayouts is how many binaries each side has.
//
// How fast a function runs also depends on where the linker has put it, and that changes
// with any other function. A side is therefore linked several times, with its functions in
// random order, and each round uses the next of these layouts. What a layout does to a
// benchmark then varies from round to round, as noise does. Sides that are not linked have
// as many copies of one binary, which lie in different pages of memory.
const maxLayouts = 16

// linkShare is the part of the budget that linking takes at most, unless each side then had
// fewer than minPairs layouts.
const linkShare = 0.25

// A layout is how the linker places functions.
type layout struct {
	align  bool // functions begin at multiples of 64 bytes, the size of a cache line
	random bool // their order is random
}

// flags returns the flags of the linker for one binary. Since they are a part of the
// binary, they have the same length for each seed. Like go test for what it runs, they
// leave out the debug information, which takes time to write.
func (l layout) flags(seed int) string {
	flags := "-s -w"
	if l.align {
		flags += " -funcalign=64"
	}
	if l.random {
		flags += fmt.Sprintf(" -randlayout=%d", seed)
	}
	return flags
}

// link builds the binaries of all parts.
func (b *builder) link(ctx context.Context, parts []*part) error {
	l, err := b.layout(ctx, parts)
	if err != nil {
		return err
	}
	seed := 1_000_000 + rand.New(rand.NewPCG(b.config.Seed, 2)).IntN(8_000_000)
	count := min(maxLayouts, b.config.MaxRounds)
	links := 1
	if l.random {
		links = count
	}
	progress, start := progress{w: b.config.Progress}, time.Now()
	for i := 0; i < links; i++ {
		for j, p := range parts {
			began := time.Now()
			if err := b.addBinary(ctx, p, l.flags(seed+3*i+j)); err != nil {
				return fmt.Errorf("building %s: %w", p.name, err)
			}
			if i == 1 && j == 0 { // the packages are compiled: from now on, only linking takes time
				links = b.affordable(ctx, links, 3*time.Since(began))
			}
		}
		if links > 1 {
			progress.line("linked %d of %d layouts", i+1, links)
		}
	}
	b.describe(l, links, time.Since(start))
	if links < count && !l.random {
		return addCopies(parts, count)
	}
	return nil
}

// affordable returns how many layouts there is time for, if each takes that time.
func (b *builder) affordable(ctx context.Context, layouts int, each time.Duration) int {
	deadline, ok := ctx.Deadline()
	if !ok {
		return layouts
	}
	share := time.Duration(linkShare * float64(time.Until(deadline)))
	return min(layouts, max(minPairs, int(share/max(each, 1))))
}

// layout returns what the linkers of all parts can do.
func (b *builder) layout(ctx context.Context, parts []*part) (l layout, err error) {
	l = layout{align: true, random: true}
	if b.config.OneLayout || countsOnly(b.config.Units) {
		return layout{}, nil
	}
	for _, p := range parts {
		if p.build.Binary != "" {
			return layout{}, nil
		}
		if p.empty {
			return layout{}, nil
		}
		_, err := b.goCommand(ctx, p, "tool", "link", "-h") // its status is not 0
		if ctx.Err() != nil {
			return l, err
		}
		help := fmt.Sprint(err)
		l.align = l.align && strings.Contains(help, "-funcalign")
		l.random = l.random && strings.Contains(help, "-randlayout")
	}
	if !l.random {
		return layout{}, nil
	}
	return l, nil
}

// countsOnly reports whether the units do not depend on where functions lie.
func countsOnly(units []string) bool {
	times := slices.ContainsFunc(units, func(unit string) bool { return unit != "allocs/op" && unit != "B/op" })
	return len(units) > 0 && !times
}

// addBinary adds one binary to a part.
func (b *builder) addBinary(ctx context.Context, p *part, ldflags string) error {
	if p.empty {
		return nil
	}
	to := filepath.Join(b.folder.Path, fmt.Sprintf("%s%02d.test", p.id, len(p.binaries)))
	if p.build.Binary != "" {
		p.binaries = append(p.binaries, to)
		return tree.CopyFile(p.build.Binary, to)
	}
	if len(p.binaries) == 0 {
		fmt.Fprintf(b.config.Progress, "# building %s: %s\n", p.name, p.about)
	}
	built := filepath.Join(b.folder.Path, "built.test")
	args := append([]string{"test", "-c", "-buildvcs=false", "-o", built}, p.flags...)
	args = append(args, "-ldflags="+strings.TrimSpace(b.flags.ldflags+" "+ldflags), "./"+filepath.ToSlash(b.config.Package))
	if _, err := b.goCommand(ctx, p, args...); err != nil {
		return err
	}
	err := tree.CopyFile(built, to)
	if errors.Is(err, os.ErrNotExist) {
		if p.name != "new" {
			p.empty = true
			return nil
		}
		return fmt.Errorf("package %s has no test files", b.config.Package)
	}
	p.binaries = append(p.binaries, to)
	return errors.Join(err, os.Remove(built))
}

// addCopies adds copies of the first binary to each part.
func addCopies(parts []*part, count int) error {
	for _, p := range parts {
		for i := len(p.binaries); 0 < i && i < count; i++ {
			to := strings.TrimSuffix(p.binaries[0], "00.test") + fmt.Sprintf("%02d.test", i)
			if err := tree.CopyFile(p.binaries[0], to); err != nil {
				return err
			}
			p.binaries = append(p.binaries, to)
		}
	}
	return nil
}

// describe notes how the sides were built.
func (b *builder) describe(l layout, count int, elapsed time.Duration) {
	switch {
	case l.align:
		b.notes = append(b.notes, fmt.Sprintf("%d layouts of each side, with -funcalign=64, built in %v", count, elapsed.Round(time.Second)))
	case l.random:
		b.notes = append(b.notes, fmt.Sprintf("%d layouts of each side, built in %v; before Go 1.26, a linker cannot align functions to 64 bytes", count, elapsed.Round(time.Second)))
	case countsOnly(b.config.Units):
		b.notes = append(b.notes, "one layout of each side: what is counted does not depend on where functions lie")
	default:
		b.notes = append(b.notes, "one layout of each side: where its functions lie is a part of what is compared")
	}
}
