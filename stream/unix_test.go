package stream_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/echobench/echobench/stream"
)

func TestListenUnix(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "new", "socket"), filepath.Join(t.TempDir(), "socket")} {
		_, err := os.Stat(filepath.Dir(path))
		existed := path != "" && err == nil
		l, err := stream.ListenUnix("p", path)
		if err != nil {
			t.Fatalf("ListenUnix(%q): %v", path, err)
		}
		addr := l.Addr().String()
		if path != "" && addr != path || !filepath.IsAbs(addr) {
			t.Errorf("ListenUnix(%q) listens on %q", path, addr)
		}
		conn, err := stream.DialUnix(t.Context(), "p", addr)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		if _, err := stream.ListenUnix("p", addr); err == nil || !strings.HasPrefix(err.Error(), "p: ") {
			t.Errorf("ListenUnix on a path in use: error %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if _, err := os.Stat(addr); err == nil {
			t.Errorf("the socket %s is left", addr)
		}
		if _, err := os.Stat(filepath.Dir(addr)); (err == nil) != existed {
			t.Errorf("the folder of %q exists: %v, want %v", path, err == nil, existed)
		}
	}
}

// A path at the limit works, and a longer one is rejected.
func TestUnixPathIsTooLong(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no /tmp")
	}
	folder, err := os.MkdirTemp("/tmp", "") // shorter than t.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	limit := 103
	if runtime.GOOS == "linux" {
		limit = 107
	}
	path := filepath.Join(folder, strings.Repeat("s", limit-len(folder)-1))
	l, err := stream.ListenUnix("p", path)
	if err != nil {
		t.Fatalf("ListenUnix on a path of %d bytes: %v", len(path), err)
	}
	defer l.Close()
	conn, err := stream.DialUnix(t.Context(), "p", path)
	if err != nil {
		t.Fatalf("DialUnix to a path of %d bytes: %v", len(path), err)
	}
	conn.Close()

	path += "s"
	want := fmt.Sprintf("the path has %d bytes, want at most %d for a Unix domain socket", limit+1, limit)
	if _, err := stream.ListenUnix("p", path); err == nil || err.Error() != fmt.Sprintf("p: listen address %q: %s", path, want) {
		t.Errorf("ListenUnix: error %v, want %q", err, want)
	}
	if _, err := stream.DialUnix(t.Context(), "p", path); err == nil || err.Error() != fmt.Sprintf("p: dial unix %s: %s", path, want) {
		t.Errorf("DialUnix: error %v, want %q", err, want)
	}
}

// A long path of the folder for temporary files does not prevent a new socket.
func TestListenUnixBelowALongFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no /tmp")
	}
	long := filepath.Join(t.TempDir(), strings.Repeat("d", 110))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", long)
	l, err := stream.ListenUnix("p", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for _, folder := range []string{long, filepath.Dir(l.Addr().String())} {
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Errorf("%s contains %v after Close", folder, left)
		}
	}
}

func TestListenUnixRefuses(t *testing.T) {
	for path, want := range map[string]string{
		"socket": `p: listen address "socket": want the absolute path`,
		filepath.Join(t.TempDir(), "no", "such", "socket"): "p: mkdir ",
	} {
		if _, err := stream.ListenUnix("p", path); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("ListenUnix(%q): error %v, want %q", path, err, want)
		}
	}
}
