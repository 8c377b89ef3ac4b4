package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// checkOut writes the files of a revision into the folder tree, and returns the
// module's root there. It uses an index of its own rather than git worktree, so
// that nothing in the repository changes, and nothing in it has to be cleaned up
// if this process is killed.
func (b *builder) checkOut(ctx context.Context, module, rev, tree string, s *side) (string, error) {
	top, prefix, err := b.repository(ctx, module)
	if err != nil {
		return "", err
	}
	commit, err := b.commit(ctx, top, rev)
	if err != nil {
		return "", err
	}
	s.about = fmt.Sprintf("%s (%.12s)", rev, commit)
	index := "GIT_INDEX_FILE=" + tree + ".index"
	if _, err := b.output(ctx, top, []string{index}, "git", "read-tree", "--no-sparse-checkout", commit); err != nil {
		return "", err
	}
	_, err = b.output(ctx, top, []string{index}, "git", "checkout-index", "--all", "--force", "--prefix="+tree+string(filepath.Separator))
	return b.checkModule(filepath.Join(tree, prefix), err)
}

// checkModule returns the module's root, if it has a go.mod.
func (b *builder) checkModule(module string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(module, "go.mod")); err != nil {
		return "", fmt.Errorf("the module has no go.mod: %w", err)
	}
	return module, nil
}

// repository returns the root of the git repository that contains the module, and
// the module's path in it.
func (b *builder) repository(ctx context.Context, module string) (top, prefix string, err error) {
	if top, err = b.git(ctx, module, "rev-parse", "--show-toplevel"); err != nil {
		return "", "", err
	}
	prefix, err = b.git(ctx, module, "rev-parse", "--show-prefix")
	return filepath.FromSlash(top), filepath.FromSlash(prefix), err
}

func (b *builder) git(ctx context.Context, dir string, args ...string) (string, error) {
	return b.output(ctx, dir, nil, "git", args...)
}

// copyTree copies the working tree that contains the module into the folder tree,
// without what git ignores, and returns the module's root there. Without git, it
// copies the module.
func (b *builder) copyTree(ctx context.Context, module, tree string) (string, error) {
	top, prefix, err := b.repository(ctx, module)
	if err != nil {
		if ctx.Err() != nil {
			return "", err
		}
		return b.checkModule(tree, copyAll(module, tree))
	}
	list, err := b.git(ctx, top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return "", err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		name = filepath.FromSlash(name)
		if err := copyAll(filepath.Join(top, name), filepath.Join(tree, name)); err != nil {
			return "", err
		}
	}
	return b.checkModule(filepath.Join(tree, prefix), nil)
}

// copyAll copies a file, a symbolic link or a folder. A folder that git lists is a
// submodule. It is not an error if from does not exist: git also lists files that
// were deleted from the working tree.
func copyAll(from, to string) error {
	return filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if name == from && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir() && entry.Name() == ".git":
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o777)
		case entry.Type()&fs.ModeSymlink != 0:
			return copyLink(name, target)
		case entry.Type().IsRegular():
			return copyFile(name, target)
		}
		return nil // a socket or a device
	})
}

func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.Symlink(target, to)
}

// copyFile copies a file with its permissions.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
