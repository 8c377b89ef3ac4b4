package stream

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The server has a backlog of one connection, and begins to accept later.
func TestDialUnixWaitsForTheBacklog(t *testing.T) {
	path, file := listenWithoutBacklog(t)
	waiting, err := DialUnix(t.Context(), "test", path)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = dialAndClose(ctx, path)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "test: dial unix "+path+": ") {
		t.Errorf("DialUnix with a full backlog: error %v, want that of the context", err)
	}

	l, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed := make(chan error, 1)
	go func() { dialed <- dialAndClose(t.Context(), path) }()
	for range 2 {
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	if err := <-dialed; err != nil {
		t.Errorf("DialUnix, after the server has accepted a connection: %v", err)
	}
}

// listenWithoutBacklog listens on a Unix domain socket with the shortest backlog,
// which is one connection.
func listenWithoutBacklog(t *testing.T) (path string, file *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "socket")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file = os.NewFile(uintptr(fd), path)
	t.Cleanup(func() { file.Close() })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	return path, file
}

func dialAndClose(ctx context.Context, path string) error {
	conn, err := DialUnix(ctx, "test", path)
	if err != nil {
		return err
	}
	return conn.Close()
}
