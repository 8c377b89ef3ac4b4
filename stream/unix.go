package stream

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/echobench/echobench/internal/base/tempdir"
)

// ListenUnix listens on the Unix domain socket at path, which must be absolute.
// If path is empty, ListenUnix chooses one in a new temporary folder, which is in /tmp
// if the path would otherwise be too long for a socket. If the folder of path does not
// exist, ListenUnix creates it for this user alone. Closing the listener removes the
// socket, and the folder if ListenUnix created it. pkg is the prefix of every error
// message.
func ListenUnix(pkg, path string) (net.Listener, error) {
	path, folder, err := socketPath(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pkg, err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", pkg, err), removeFolder(folder))
	}
	return &unixListener{Listener: l, folder: folder}, nil
}

// socketPath returns the path to listen on, and the folder if it was created.
func socketPath(path string) (socket, folder string, err error) {
	if path == "" {
		return newSocketPath()
	}
	if !filepath.IsAbs(path) {
		return "", "", fmt.Errorf("listen address %q: want the absolute path of a Unix domain socket, or an empty string for a new one", path)
	}
	if err := checkPath(path); err != nil {
		return "", "", fmt.Errorf("listen address %q: %w", path, err)
	}
	switch err := os.Mkdir(filepath.Dir(path), 0o700); {
	case err == nil:
		return path, filepath.Dir(path), nil
	case errors.Is(err, os.ErrExist):
		return path, "", nil
	default:
		return "", "", err
	}
}

// newSocketPath creates a folder, and returns the path of a socket in it.
func newSocketPath() (socket, folder string, err error) {
	const name = "/socket"
	if folder, err = tempdir.New("echobench-", len(name)); err != nil {
		return "", "", err
	}
	socket = folder + name
	if err = checkPath(socket); err != nil {
		return "", "", errors.Join(fmt.Errorf("listen address %q: %w", socket, err), os.Remove(folder))
	}
	return socket, folder, nil
}

// checkPath returns an error if path is too long for a Unix domain socket.
func checkPath(path string) error {
	if limit := tempdir.MaxSocketPath(); len(path) > limit {
		return fmt.Errorf("the path has %d bytes, want at most %d for a Unix domain socket", len(path), limit)
	}
	return nil
}

func removeFolder(folder string) error {
	if folder == "" {
		return nil
	}
	return os.Remove(folder)
}

// A unixListener removes its folder when it is closed.
type unixListener struct {
	net.Listener
	folder string // empty if ListenUnix did not create it
	once   sync.Once
}

func (l *unixListener) Close() (err error) {
	err = net.ErrClosed
	l.once.Do(func() { err = errors.Join(l.Listener.Close(), removeFolder(l.folder)) })
	return err
}
