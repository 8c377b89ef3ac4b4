package tree

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// confine changes what leads from the copy in the folder to back to its source.
func (s *Source) confine(ctx context.Context, c *Copy, to string) error {
	if err := s.confineLinks(to); err != nil {
		return err
	}
	modules, err := s.confineWorkspace(ctx, c, to)
	if err != nil {
		return err
	}
	for _, module := range modules {
		if err := s.confineModule(ctx, to, module); err != nil {
			return err
		}
	}
	return nil
}

// target returns where a path that a file in the folder from of the source contains
// leads in the copy. A path that leads out of the source leads to the same place as it
// does there.
func (s *Source) target(from, path, to string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(from, path)
	}
	if rel, ok := s.relative(path); ok {
		return filepath.Join(to, rel)
	}
	return path
}

// confineLinks replaces symbolic links that are absolute, or that lead out of the tree.
func (s *Source) confineLinks(to string) error {
	return filepath.WalkDir(to, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink == 0 {
			return err
		}
		path, err := os.Readlink(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(to, filepath.Dir(name))
		if err != nil {
			return err
		}
		if filepath.IsLocal(filepath.Join(rel, path)) && !filepath.IsAbs(path) {
			return nil
		}
		if err := os.Remove(name); err != nil {
			return err
		}
		return os.Symlink(s.target(filepath.Join(s.top, rel), path, to), name)
	})
}

// A moduleFile is what go mod edit and go work edit print about a go.mod or go.work.
type moduleFile struct {
	Use     []struct{ DiskPath string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

// edit returns the flags that make the file, which was in the folder from of the source,
// lead to the copy.
func (s *Source) edit(f moduleFile, from, to string) (flags []string, err error) {
	for _, r := range f.Replace {
		if r.New.Version != "" {
			continue
		}
		path := s.target(from, filepath.FromSlash(r.New.Path), to)
		if !exists(path) {
			return nil, fmt.Errorf("module %s is replaced by %s, a folder that a copy lacks, because the revision does not have it or git ignores it", r.Old.Path, r.New.Path)
		}
		old := r.Old.Path
		if r.Old.Version != "" {
			old += "@" + r.Old.Version
		}
		flags = append(flags, "-replace="+old+"="+path)
	}
	return flags, nil
}

// confineModule edits the go.mod of a module, whose path is relative to the root.
func (s *Source) confineModule(ctx context.Context, to, module string) error {
	name := filepath.Join(to, module, "go.mod")
	f, err := s.read(ctx, "mod", name)
	if err != nil {
		return err
	}
	flags, err := s.edit(f, filepath.Join(s.top, module), to)
	if err != nil || len(flags) == 0 {
		return err
	}
	_, err = s.run(ctx, to, nil, "go", slices.Concat([]string{"mod", "edit"}, flags, []string{name})...)
	return err
}

// read reads a go.mod or go.work.
func (s *Source) read(ctx context.Context, kind, name string) (f moduleFile, err error) {
	text, err := s.run(ctx, filepath.Dir(name), nil, "go", kind, "edit", "-json", name)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal([]byte(text), &f)
}

// confineWorkspace makes the copy use the workspace that its source uses, and returns the
// modules of the copy that take part in the build, relative to the root.
func (s *Source) confineWorkspace(ctx context.Context, c *Copy, to string) (modules []string, err error) {
	from, name, err := s.workspace(ctx, c, to)
	if err != nil || name == "" {
		c.Env = []string{"GOWORK=off"}
		return []string{s.prefix}, err
	}
	c.Env = []string{"GOWORK=" + name}
	f, err := s.read(ctx, "work", name)
	if err != nil {
		return nil, err
	}
	flags, err := s.edit(f, from, to)
	if err != nil {
		return nil, err
	}
	for _, use := range f.Use {
		path := s.target(from, filepath.FromSlash(use.DiskPath), to)
		flags = append(flags, "-dropuse="+use.DiskPath)
		if rel, err := filepath.Rel(to, path); err == nil && filepath.IsLocal(rel) {
			if !exists(filepath.Join(path, "go.mod")) {
				continue // the revision lacks this module
			}
			modules = append(modules, rel)
		}
		flags = append(flags, "-use="+path)
	}
	_, err = s.run(ctx, to, nil, "go", slices.Concat([]string{"work", "edit"}, flags, []string{name})...)
	return modules, err
}

// workspace returns the go.work file to edit, and the folder from which it came. It is
// one of the copy, if there is one. A file that git ignores, one in a folder above the
// repository, and one that the environment names are copied.
func (s *Source) workspace(ctx context.Context, c *Copy, to string) (from, name string, err error) {
	original := os.Getenv("GOWORK")
	if original == "off" {
		return "", "", nil
	}
	for rel := s.prefix; original == ""; rel = filepath.Dir(rel) {
		if name := filepath.Join(to, rel, "go.work"); exists(name) {
			return filepath.Join(s.top, rel), name, nil
		}
		if name := filepath.Join(s.top, rel, "go.work"); exists(name) && !s.files[filepath.Join(rel, "go.work")] {
			original = name
		}
		if rel == "." {
			break
		}
	}
	if original == "" {
		if original, err = s.run(ctx, filepath.Dir(s.top), nil, "go", "env", "GOWORK"); err != nil || original == "" {
			return "", "", err
		}
	}
	c.Notes = append(c.Notes, fmt.Sprintf("workspace: %s", original))
	name = to + ".work"
	if err := CopyFile(original, name); err != nil {
		return "", "", err
	}
	return filepath.Dir(original), name, copyAll(original+".sum", name+".sum")
}

// Redirect returns a flag of the go command with the path of a file of the source
// replaced by that in the copy, if the copy has it.
func (s *Source) Redirect(flag, to string) string {
	name, value, ok := strings.Cut(flag, "=")
	if rel, inside := s.relative(value); ok && filepath.IsAbs(value) && inside && exists(filepath.Join(to, rel)) {
		return name + "=" + filepath.Join(to, rel)
	}
	return flag
}
