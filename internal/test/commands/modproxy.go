package commands

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// WriteProxy writes a module proxy (https://go.dev/ref/mod#goproxy-protocol) into the
// folder proxy. It serves one version of one module: the commit HEAD of the repository.
func WriteProxy(ctx context.Context, proxy, repository, module, version string) error {
	archive, err := exec.CommandContext(ctx, "git", "-C", repository, "archive", "--format=tar", "HEAD").Output()
	if err != nil {
		return fmt.Errorf("commands: git archive: %w", err)
	}
	files, err := readTar(archive)
	if err != nil {
		return fmt.Errorf("commands: git archive: %w", err)
	}
	zipped, err := zipModule(files, module+"@"+version+"/")
	if err != nil {
		return err
	}
	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": fmt.Appendf(nil, "{%q: %q}\n", "Version", version),
		version + ".mod":  files["go.mod"],
		version + ".zip":  zipped,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// readTar returns the regular files of an archive by their names.
func readTar(archive []byte) (map[string][]byte, error) {
	files := map[string][]byte{}
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if files[header.Name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}

// zipModule returns the files as a module's zip file, below prefix. Folders that are
// modules of their own are not a part of it (https://go.dev/ref/mod#zip-files).
func zipModule(files map[string][]byte, prefix string) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range files {
		if inNestedModule(files, name) {
			continue
		}
		f, err := w.Create(prefix + name)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// inNestedModule reports whether a folder of the file, apart from the root, has a go.mod.
func inNestedModule(files map[string][]byte, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := files[path.Join(dir, "go.mod")]; ok {
			return true
		}
	}
	return strings.HasPrefix(name, "vendor/")
}
