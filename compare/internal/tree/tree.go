// Package tree copies the files of which a benchmark is built. What is built and run in
// a copy reads nothing of the tree that was copied, and so two copies can be compared.
//
// A copy has the files of a git revision, or those of the working tree with its
// uncommitted changes, including submodules. Go files that git ignores and that the
// build needs are added. Workspaces, replaced modules and symbolic links that lead out of
// a copy are adapted. Nothing changes in the repository.
package tree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Command runs a command in a folder, with additional variables in its environment,
// and returns its output without the last line break.
type Command func(ctx context.Context, dir string, env []string, name string, args ...string) (string, error)

// A Source is a tree that can be copied: a git repository, or a module that is in none.
type Source struct {
	top    string // the root of the repository
	prefix string // the root of the module, relative to top
	git    bool
	run    Command

	files   map[string]bool // what git lists in the working tree, relative to top
	ignored []string        // what else the build needs
}

// Open opens the tree that contains the module. The package, whose path is relative to
// the module's root, says which ignored files are needed.
func Open(ctx context.Context, run Command, module, pkg string, flags, env []string) (*Source, error) {
	s := &Source{top: module, prefix: ".", run: run}
	top, err := run(ctx, module, nil, "git", "rev-parse", "--show-toplevel")
	if ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return s, nil // without git, or not in a repository
	}
	s.git, s.top = true, filepath.FromSlash(top)
	prefix, err := run(ctx, module, nil, "git", "rev-parse", "--show-prefix")
	if err != nil {
		return nil, err
	}
	s.prefix = filepath.Clean(filepath.FromSlash(prefix))
	if err := s.list(ctx); err != nil {
		return nil, err
	}
	if !s.files[filepath.Join(s.prefix, "go.mod")] { // git ignores the module
		return &Source{top: module, prefix: ".", run: run}, nil
	}
	s.ignored, err = s.needed(ctx, pkg, flags, env)
	return s, err
}

// Top returns the root of the git repository, or false if there is none.
func (s *Source) Top() (string, bool) { return s.top, s.git }

// Prefix returns the path of the module's root in a copy.
func (s *Source) Prefix() string { return s.prefix }

// A Copy is a tree that is independent of its source.
type Copy struct {
	Module string   // the root of the module
	Env    []string // what the go command needs to find the workspace
	Notes  []string // what a user should know of how the copy differs from its source
}

// Copy copies a commit, or the working tree if commit is empty, to the folder to, which
// must not exist. The error is fs.ErrNotExist if the commit does not have the module.
func (s *Source) Copy(ctx context.Context, commit, to string) (*Copy, error) {
	c := &Copy{Module: filepath.Join(to, s.prefix)}
	if err := s.copyFiles(ctx, c, commit, to); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(c.Module, "go.mod")); err != nil {
		return nil, fmt.Errorf("the module has no go.mod: %w", err)
	}
	var added []string
	for _, name := range s.ignored {
		if _, err := os.Lstat(filepath.Join(to, name)); err == nil {
			continue
		}
		if err := copyAll(filepath.Join(s.top, name), filepath.Join(to, name)); err != nil {
			return nil, err
		}
		added = append(added, filepath.ToSlash(name))
	}
	if len(added) > 0 {
		c.Notes = append(c.Notes, "copied from the working tree, as git ignores them: "+shortList(added))
	}
	return c, s.confine(ctx, c, to)
}

// copyFiles copies what belongs to the commit or to the working tree.
func (s *Source) copyFiles(ctx context.Context, c *Copy, commit, to string) error {
	switch {
	case commit != "":
		return s.checkOut(ctx, c, s.top, commit, to)
	case !s.git:
		return copyAll(s.top, to)
	}
	for name := range s.files {
		if err := copyAll(filepath.Join(s.top, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// shortList lists the first names.
func shortList(names []string) string {
	const max = 5
	if len(names) <= max {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:max], ", "), len(names)-max)
}

// exists reports whether there is a file or a folder of that name.
func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, os.ErrNotExist)
}
