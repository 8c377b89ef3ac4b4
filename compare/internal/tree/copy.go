package tree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// copyAll copies a file, a symbolic link or a folder. A folder that git lists is a
// submodule. It is not an error if from does not exist, since git also lists files that
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
		case entry.Name() == ".git" && name != from && entry.IsDir():
			return filepath.SkipDir
		case entry.Name() == ".git" && name != from:
			return nil // of a submodule
		case entry.IsDir():
			return os.MkdirAll(target, 0o777)
		case entry.Type()&fs.ModeSymlink != 0:
			return copyLink(name, target)
		case entry.Type().IsRegular():
			return CopyFile(name, target)
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

// CopyFile copies a file with its permissions. It creates the folder of the copy.
func CopyFile(from, to string) error {
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
