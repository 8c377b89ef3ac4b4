package scratch

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// prefixEnv makes the test binary a victim.
const prefixEnv = "SCRATCH_TEST_PREFIX"

func TestMain(m *testing.M) {
	if prefix := os.Getenv(prefixEnv); prefix != "" {
		victim(prefix)
	}
	goleak.VerifyTestMain(m)
}

// open opens a folder that the test closes. The folders of the test are in the
// returned path.
func open(t *testing.T, prefix string) (f *Folder, temporary string) {
	t.Helper()
	temporary = t.TempDir()
	t.Setenv("TMPDIR", temporary)
	f, err := Open(prefix)
	if err != nil {
		t.Fatal(err)
	}
	return f, temporary
}

func isEmpty(t *testing.T, folder string) bool {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries) == 0
}

func TestCloseRemovesTheFolder(t *testing.T) {
	f, temporary := open(t, "some")
	if err := os.WriteFile(filepath.Join(f.Path, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if !isEmpty(t, temporary) {
		t.Errorf("Close left something in %s", temporary)
	}
}
