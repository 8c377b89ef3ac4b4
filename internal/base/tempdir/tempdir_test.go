//go:build unix

package tempdir

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	const name = "/socket"
	long := filepath.Join(t.TempDir(), strings.Repeat("l", 120))
	if err := os.Mkdir(long, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ parent, want string }{{"/tmp", "/tmp/"}, {long, "/tmp/"}, {"/", "/"}} {
		t.Setenv("TMPDIR", c.parent)
		folder, err := New("test-", len(name))
		if err != nil {
			t.Skipf("%s: %v", c.parent, err)
		}
		defer os.Remove(folder)
		if !strings.HasPrefix(folder, c.want+"test-") {
			t.Errorf("TMPDIR=%s: %s, want a folder in %s", c.parent, folder, c.want)
		}
		l, err := net.Listen("unix", folder+name)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if left, err := os.ReadDir(long); err != nil || len(left) > 0 {
			t.Errorf("TMPDIR=%s: left behind %v, %v", c.parent, left, err)
		}
	}
	t.Setenv("TMPDIR", filepath.Join(long, "missing"))
	if folder, err := New("test-", len(name)); err == nil {
		os.Remove(folder)
		t.Errorf("TMPDIR does not exist: %s, want an error", folder)
	}
}

// TestMaxSocketPath: the system accepts a path of that length and refuses a longer one.
func TestMaxSocketPath(t *testing.T) {
	folder, err := os.MkdirTemp("/tmp", "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, strings.Repeat("s", MaxSocketPath()-len(folder)-1))
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	// Linux has room for one more byte, without the final NUL.
	if l, err = net.Listen("unix", path+"ss"); err == nil {
		l.Close()
		t.Errorf("a path of %d bytes was accepted", len(path)+2)
	}
}
