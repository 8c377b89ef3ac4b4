package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/echobench/echobench/internal/run/scratch"
)

// A side is a test binary that takes part in a comparison.
type side struct {
	name    string   // old, new or placebo
	command []string // instead of a binary
	empty   bool     // the package does not exist, or has no tests
	about   string   // what it was built of
	binary  string
	dir     string // where it runs, as under go test: the folder of its package

	// padding is how many bytes the environment of a process lacks beside that of the
	// other sides. It contains dir, as PWD.
	padding int
}

// A builder builds test binaries in a temporary folder. The files of the three
// sides must not differ in anything but what was built, or else the placebo would
// differ from old. Their paths have the same length, and so have their environments,
// because the size of both changes the alignment of a process's stack; see Mytkowicz
// et al., "Producing wrong data without doing anything obviously wrong!", ASPLOS 2009.
// All of them are copies:
// the kernel caches a file that a linker has written in other pages than a copy of
// it, so that a process takes another number of page faults, more memory and more
// time.
type builder struct {
	folder   *scratch.Folder
	pkg      string // relative to the module's root
	progress io.Writer
}

// sides builds old and new, and copies old as the placebo.
func (b *builder) sides(ctx context.Context, old, new Build) (sides [3]side, err error) {
	if err := os.Mkdir(temporary(b.folder), 0o700); err != nil {
		return sides, err
	}
	if sides[0], err = b.build(ctx, "old", old); err != nil {
		return sides, fmt.Errorf("building old: %w", err)
	}
	if sides[1], err = b.build(ctx, "new", new); err != nil {
		return sides, fmt.Errorf("building new: %w", err)
	}
	longest := max(len(sides[0].dir), len(sides[1].dir))
	for i := range sides[:2] {
		sides[i].padding = longest - len(sides[i].dir)
	}
	placebo := sides[0]
	placebo.name, placebo.binary = "placebo", b.binary("plc")
	sides[2] = placebo
	if placebo.command != nil || placebo.empty {
		return sides, nil
	}
	return sides, copyFile(sides[0].binary, placebo.binary)
}

// renew replaces the binary by a copy of itself. How fast a program runs may depend on
// which pages of memory hold it, for as long as the kernel caches the file. If every
// process ran from the same pages, that would count as a difference between the sides.
func (s side) renew() error {
	if s.command != nil || s.empty {
		return nil
	}
	fresh := s.binary + ".fresh"
	if err := copyFile(s.binary, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, s.binary)
}

func (b *builder) binary(name string) string { return filepath.Join(b.folder.Path, name+".test") }

// temporary returns the folder for the temporary files of all processes.
func temporary(folder *scratch.Folder) string { return filepath.Join(folder.Path, "t") }

// build builds one side.
func (b *builder) build(ctx context.Context, name string, build Build) (side, error) {
	s := side{name: name, binary: b.binary(name)}
	if build.Command != nil {
		s.about, s.dir, s.command = strings.Join(build.Command, " "), ".", build.Command
		return s, nil
	}
	if build.Binary != "" {
		s.about, s.dir = build.Binary, b.packageDir()
		return s, copyFile(build.Binary, s.binary)
	}
	module, err := b.source(ctx, name, build, &s)
	s.dir = filepath.Join(module, b.pkg)
	if name == "old" && build.Rev != "" && (errors.Is(err, fs.ErrNotExist) || err == nil && !isDir(s.dir)) {
		s.empty, s.dir = true, "."
		return s, nil
	}
	if err != nil {
		return s, err
	}
	fmt.Fprintf(b.progress, "# building %s: %s\n", name, s.about)
	built := b.binary("built")
	args := []string{"test", "-c", "-buildvcs=false", "-o", built}
	more, err := b.upgrade(ctx, module, build.With)
	if err != nil {
		return s, err
	}
	args = append(args, more...)
	if _, err := b.goCommand(ctx, module, append(args, "./"+filepath.ToSlash(b.pkg))...); err != nil {
		return s, err
	}
	if err := copyFile(built, s.binary); errors.Is(err, os.ErrNotExist) {
		if s.empty = name == "old"; s.empty {
			return s, nil
		}
		return s, fmt.Errorf("package %s has no test files", b.pkg)
	} else if err != nil {
		return s, err
	}
	return s, os.Remove(built)
}

// upgrade adds modules at other versions to the go.mod of a copy, and returns the flags
// with which to build it.
func (b *builder) upgrade(ctx context.Context, module string, with []string) (flags []string, err error) {
	if len(with) == 0 {
		return nil, nil
	}
	if _, err := b.goCommand(ctx, module, append([]string{"get"}, with...)...); err != nil {
		return nil, err
	}
	workspace, err := b.goCommand(ctx, module, "env", "GOWORK")
	if err != nil {
		return nil, err
	}
	if workspace == "" || workspace == "off" {
		return []string{"-mod=mod"}, nil // go get does not update a vendor folder, nor all of go.sum
	}
	return nil, nil
}

// source returns the root of the module to build, and says in s what it is. What
// is to be changed is a copy.
func (b *builder) source(ctx context.Context, name string, build Build, s *side) (module string, err error) {
	dir := build.Dir
	if dir == "" {
		dir = "."
	}
	if module, err = moduleRoot(dir); err != nil {
		return "", err
	}
	tree := filepath.Join(b.folder.Path, name)
	switch {
	case build.Rev != "":
		s.about = build.Rev
		module, err = b.checkOut(ctx, module, build.Rev, tree, s)
	case len(build.With) > 0:
		s.about = "a copy of " + module
		module, err = b.copyTree(ctx, module, tree)
	default:
		s.about = module
	}
	for _, module := range build.With {
		s.about += ", with " + module
	}
	return module, err
}

// packageDir returns the folder in which a Binary runs.
func (b *builder) packageDir() string {
	if module, err := moduleRoot("."); err == nil {
		if dir := filepath.Join(module, b.pkg); isDir(dir) {
			return dir
		}
	}
	return "."
}

// moduleRoot returns the root of the module that contains dir.
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

// goCommand runs the go command in dir. Its temporary files are in the folder.
func (b *builder) goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	return b.output(ctx, dir, []string{"TMPDIR=" + temporary(b.folder), "GOTMPDIR=" + temporary(b.folder)}, "go", args...)
}

// output runs a command in dir and returns its output.
func (b *builder) output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := b.folder.Command(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(environment(cmd), env...)
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
