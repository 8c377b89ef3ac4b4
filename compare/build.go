package compare

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/echobench/echobench/compare/internal/tree"
	"github.com/echobench/echobench/internal/run/scratch"
)

// A side is what takes part in a comparison: test binaries or a command.
type side struct {
	name     string   // old, new or placebo
	command  []string // instead of binaries
	empty    bool     // the package does not exist, or has no tests
	about    string   // what it was built of
	binaries []string // of which the rounds use one after the other
	binary   string   // the present one
	dir      string   // where it runs, as under go test: the folder of its package
}

// in returns the side with the binary for a round.
func (s side) in(round int) side {
	if len(s.binaries) > 0 {
		s.binary = s.binaries[round%len(s.binaries)]
	}
	return s
}

// A builder builds test binaries in a temporary folder. The three sides must not differ in
// anything but what was built. Each is built and run in a tree of its own; the placebo has
// a second copy of old's. Their paths have the same length, because it changes the
// alignment of a process's stack; see Mytkowicz et al., "Producing wrong data without
// doing anything obviously wrong!", ASPLOS 2009. All binaries are copies: the kernel
// caches a file that a linker has written in other pages than a copy of it, so that a
// process takes another number of page faults, more memory and more time.
type builder struct {
	folder  *scratch.Folder
	config  Config
	flags   buildFlags
	sources map[string]*tree.Source // by the root of the module
	notes   []string                // how the sides were built
}

// A part is a side before it is built.
type part struct {
	side
	build  Build
	id     string // with which the names of its files begin; all have the same length
	source *tree.Source
	tree   string   // the copy of the source
	module string   // the root of the copied module
	env    []string // of the go command
	flags  []string // of go build, without -ldflags
	notes  []string
}

// sides builds old, new and the placebo.
func (b *builder) sides(ctx context.Context) (sides [3]side, err error) {
	c := b.config
	parts := []*part{
		{side: side{name: "old"}, build: c.Old, id: "old"},
		{side: side{name: "new"}, build: c.New, id: "new"},
		{side: side{name: "placebo"}, build: c.Old, id: "plc"},
	}
	length := 0
	for _, p := range parts {
		if err := b.open(ctx, p); err != nil {
			return sides, fmt.Errorf("building %s: %w", p.name, err)
		}
		if p.source != nil {
			length = max(length, len(filepath.Join(p.id, p.source.Prefix())))
		}
	}
	for _, p := range parts {
		if p.source != nil {
			p.tree = filepath.Join(b.folder.Path, p.id+strings.Repeat("_", length-len(filepath.Join(p.id, p.source.Prefix()))))
		}
		if err := b.prepare(ctx, p); err != nil {
			return sides, fmt.Errorf("building %s: %w", p.name, err)
		}
	}
	if c.Old.Command == nil {
		if err := b.link(ctx, parts); err != nil {
			return sides, err
		}
	}
	for i, p := range parts {
		sides[i] = p.side.in(0)
		for _, note := range p.notes {
			if p.name != "placebo" { // its notes are those of old
				b.notes = append(b.notes, p.name+": "+note)
			}
		}
	}
	return sides, nil
}

// header returns comment lines about how the sides were built.
func (b *builder) header() (lines string) {
	for _, note := range b.notes {
		lines += "# " + comment(note) + "\n"
	}
	return lines
}

// temporary returns the folder for the temporary files of all processes.
func temporary(folder *scratch.Folder) string { return filepath.Join(folder.Path, "t") }

// open opens the tree from which a part is built, or in which its binary runs.
func (b *builder) open(ctx context.Context, p *part) error {
	if p.build.Command != nil {
		return nil
	}
	module, err := moduleRoot(p.build.Dir)
	if p.build.Binary != "" && (err != nil || !isDir(filepath.Join(module, b.config.Package))) {
		return nil // it runs in the working directory
	}
	if err != nil {
		return err
	}
	if b.sources[module] == nil {
		b.sources[module], err = tree.Open(ctx, b.output, module, b.config.Package, b.flags.args, b.flags.env)
	}
	p.source = b.sources[module]
	return err
}

// prepare copies what a part is built from.
func (b *builder) prepare(ctx context.Context, p *part) error {
	p.dir, p.about = cmp.Or(p.build.Dir, "."), strings.Join(p.build.Command, " ")
	p.command = p.build.Command
	if p.build.Binary != "" {
		p.about = describe(p.build.Binary)
	}
	if p.source == nil {
		return nil
	}
	commit := ""
	top, isGit := p.source.Top()
	switch {
	case p.build.Rev != "" && !isGit:
		return fmt.Errorf("revision %q: folder %s is in no git repository", p.build.Rev, top)
	case p.build.Rev != "":
		var err error
		if commit, err = b.commit(ctx, top, p.build.Rev); err != nil {
			return err
		}
		p.about = fmt.Sprintf("%s (%.12s)", p.build.Rev, commit)
	case p.build.Binary == "":
		p.about = filepath.Join(top, p.source.Prefix())
	}
	copied, err := p.source.Copy(ctx, commit, p.tree)
	if p.name != "new" && commit != "" && errors.Is(err, fs.ErrNotExist) {
		p.empty = true
		return nil
	}
	if err != nil {
		return err
	}
	p.module, p.env, p.notes = copied.Module, append(copied.Env, b.flags.env...), copied.Notes
	p.dir = filepath.Join(p.module, b.config.Package)
	if p.name != "new" && commit != "" && !isDir(p.dir) {
		p.empty, p.dir = true, "."
		return nil
	}
	return b.adapt(ctx, p, top)
}

// adapt sets the flags of a part, and upgrades modules in its copy.
func (b *builder) adapt(ctx context.Context, p *part, top string) error {
	for _, flag := range b.flags.args {
		if file, ok := strings.CutPrefix(flag, "-overlay="); ok {
			if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), top+string(filepath.Separator)) {
				return fmt.Errorf("overlay %s names a file in %s, which is copied: want paths relative to the module's root", file, top)
			}
		}
		p.flags = append(p.flags, p.source.Redirect(flag, p.tree))
	}
	if len(p.build.With) == 0 {
		return nil
	}
	p.about += ", with " + strings.Join(p.build.With, ", with ")
	if _, err := b.goCommand(ctx, p, append([]string{"get"}, p.build.With...)...); err != nil {
		return err
	}
	if strings.HasSuffix(p.env[0], "=off") {
		p.flags = append(p.flags, "-mod=mod") // go get does not update a vendor folder, nor all of go.sum
	}
	return nil
}

// describe returns what a test binary says of how it was built.
func describe(binary string) string {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return binary
	}
	about := []string{binary + ":", info.Path, info.Main.Version, info.GoVersion}
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "-") && s.Key != "-buildmode" && s.Key != "-compiler" || s.Key == "vcs.revision" || s.Key == "vcs.modified" {
			about = append(about, s.Key+"="+s.Value)
		}
	}
	return strings.Join(about, " ")
}

// moduleRoot returns the root of the module that contains dir, or the working directory if
// dir is empty.
func moduleRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root, nil
		}
		if root == filepath.Dir(root) {
			return "", fmt.Errorf("folder %s is in no module", dir)
		}
	}
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// goCommand runs the go command in the module of a part.
func (b *builder) goCommand(ctx context.Context, p *part, args ...string) (string, error) {
	out, err := b.output(ctx, p.module, p.env, "go", args...)
	if err != nil && ctx.Err() == nil && len(p.notes) > 0 {
		err = fmt.Errorf("%w; %s", err, strings.Join(p.notes, "; "))
	}
	return out, err
}

func (b *builder) git(ctx context.Context, dir string, args ...string) (string, error) {
	return b.output(ctx, dir, nil, "git", args...)
}

// output runs a command in dir and returns its output. Its temporary files are in the
// folder.
func (b *builder) output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := b.folder.Command(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(environment(cmd), "TMPDIR="+temporary(b.folder), "GOTMPDIR="+temporary(b.folder))
	cmd.Env = append(cmd.Env, env...)
	out, err := b.folder.Output(cmd)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return out, err
}

// environment returns the environment of a command without the variables that git
// sets for its hooks, which would lead git to another repository or index, and
// without the one that asks for a comparison.
func environment(cmd *exec.Cmd) (env []string) {
	for _, variable := range cmd.Environ() {
		switch name, _, _ := strings.Cut(variable, "="); name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", baseEnv:
		default:
			env = append(env, variable)
		}
	}
	return env
}
