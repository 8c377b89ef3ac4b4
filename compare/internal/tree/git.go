package tree

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checkOut writes the files of a commit into the folder to. It uses an index of its own
// rather than git worktree, so that nothing in the repository changes, and nothing in it
// has to be cleaned up if this process is killed.
func (s *Source) checkOut(ctx context.Context, c *Copy, repository, commit, to string) error {
	index := to + ".index"
	defer os.Remove(index)
	env := []string{"GIT_INDEX_FILE=" + index}
	if _, err := s.run(ctx, repository, env, "git", "read-tree", "--no-sparse-checkout", commit); err != nil {
		return err
	}
	if _, err := s.run(ctx, repository, env, "git", "checkout-index", "--all", "--force", "--prefix="+to+string(filepath.Separator)); err != nil {
		return err
	}
	list, err := s.run(ctx, repository, nil, "git", "ls-tree", "-r", "-z", commit)
	if err != nil {
		return err
	}
	for entry := range strings.SplitSeq(list, "\x00") {
		info, name, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(info) // mode, type, commit
		if len(fields) != 3 || fields[1] != "commit" {
			continue
		}
		if err := s.checkOutSubmodule(ctx, c, filepath.Join(repository, filepath.FromSlash(name)), fields[2], filepath.Join(to, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}

// checkOutSubmodule checks out a submodule, if the working tree has it.
func (s *Source) checkOutSubmodule(ctx context.Context, c *Copy, repository, commit, to string) error {
	if !exists(filepath.Join(repository, ".git")) {
		c.Notes = append(c.Notes, fmt.Sprintf("submodule %s is empty: git submodule update --init fills it", repository))
		return nil
	}
	if _, err := s.run(ctx, repository, nil, "git", "cat-file", "-e", commit+"^{commit}"); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("submodule %s lacks the commit %.12s: git -C %[1]s fetch gets it", repository, commit)
	}
	return s.checkOut(ctx, c, repository, commit, to)
}

// list lists the files of the working tree that git does not ignore.
func (s *Source) list(ctx context.Context) error {
	list, err := s.run(ctx, s.top, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return err
	}
	s.files = map[string]bool{}
	for name := range strings.SplitSeq(list, "\x00") {
		if name != "" {
			s.files[filepath.FromSlash(name)] = true
		}
	}
	return nil
}

// sources are the fields of go list that name files of which a package is built.
const sources = "GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SysoFiles,EmbedFiles,TestGoFiles,TestEmbedFiles,XTestGoFiles,XTestEmbedFiles"

// needed returns the files of the working tree which git ignores, and of which the
// package's test binary is built, or which are in its testdata folder, and the lists of
// modules that a build needs.
func (s *Source) needed(ctx context.Context, pkg string, flags, env []string) (names []string, err error) {
	module := filepath.Join(s.top, s.prefix)
	args := slices.Concat([]string{"list", "-e", "-deps", "-test", "-json=Dir," + sources}, flags, []string{"./" + filepath.ToSlash(pkg)})
	list, err := s.run(ctx, module, env, "go", args...)
	if ctx.Err() != nil {
		return nil, err
	}
	if err == nil { // otherwise the build says what is wrong
		if names, err = s.unlisted(list); err != nil {
			return nil, err
		}
	}
	data, err := s.run(ctx, module, nil, "git", "ls-files", "-z", "--full-name", "--others", "--ignored", "--exclude-standard", "--",
		":(literal)"+filepath.ToSlash(filepath.Join(pkg, "testdata")), ":(literal)go.sum", ":(literal)vendor/modules.txt")
	for name := range strings.SplitSeq(data, "\x00") {
		if name != "" {
			names = append(names, filepath.FromSlash(name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// unlisted returns the files in the output of go list that are in the working tree, but
// that git does not list.
func (s *Source) unlisted(list string) (names []string, err error) {
	for decoder := json.NewDecoder(strings.NewReader(list)); ; {
		var p map[string]any
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return names, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		dir, _ := p["Dir"].(string)
		for field := range strings.SplitSeq(sources, ",") {
			files, _ := p[field].([]any)
			for _, file := range files {
				name, _ := file.(string)
				if !filepath.IsAbs(name) {
					name = filepath.Join(dir, name)
				}
				if name, ok := s.relative(name); ok && !s.lists(name) {
					names = append(names, name)
				}
			}
		}
	}
}

// lists reports whether git lists the file or, as a submodule, a folder that has it.
func (s *Source) lists(name string) bool {
	for ; name != "."; name = filepath.Dir(name) {
		if s.files[name] {
			return true
		}
	}
	return false
}

// relative returns the path of a file relative to the root of the tree. It returns
// false if the file is not in the tree.
func (s *Source) relative(name string) (string, bool) {
	for _, name := range []string{name, resolved(name)} {
		for _, top := range []string{s.top, resolved(s.top)} {
			if rel, err := filepath.Rel(top, name); err == nil && filepath.IsLocal(rel) {
				return rel, true
			}
		}
	}
	return "", false
}

// resolved returns the path without symbolic links, if it exists.
func resolved(name string) string {
	if path, err := filepath.EvalSymlinks(name); err == nil {
		return path
	}
	return name
}
