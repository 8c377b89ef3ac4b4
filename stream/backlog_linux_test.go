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

// TestDialUnixWaitsForTheBacklog: a server that accepts nothing has a backlog of one
// connection, and then begins to accept.
func TestDialUnixWaitsForTheBacklog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), path)
	defer file.Close()
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	waiting, err := DialUnix(t.Context(), "test", path)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if conn, err := DialUnix(ctx, "test", path); !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "test: dial unix "+path+": ") {
		if err == nil {
			conn.Close()
		}
		t.Errorf("DialUnix with a full backlog: error %v, want that of the context", err)
	}

	l, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed := make(chan error, 1)
	go func() {
		conn, err := DialUnix(t.Context(), "test", path)
		if err == nil {
			conn.Close()
		}
		dialed <- err
	}()
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
