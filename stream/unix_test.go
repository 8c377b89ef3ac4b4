package stream_test

import (
	"os"
	"path/filepath"
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
