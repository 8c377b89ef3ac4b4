package compare

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/run/scratch"
)

// TestGateRevision: a gate compares with the merge base, unless two dots ask for the
// revision itself.
func TestGateRevision(t *testing.T) {
	for base, want := range map[string]string{
		"main": "main...", "main...": "main...", "main...topic": "main...topic", "main..": "main", "HEAD^1": "HEAD^1...",
	} {
		c := Config{Package: "."}
		if err := c.gate(base); err != nil || c.Old.Rev != want {
			t.Errorf("%s: got the revision %q, %v, want %q", base, c.Old.Rev, err, want)
		}
	}
}

// TestCommit: the merge base is the commit at which the branch left main.
func TestCommit(t *testing.T) {
	m := newModule(t, map[string]string{"go.mod": ownFiles["go.mod"]})
	m.git(t, "branch", "main2")
	m.write(t, "topic.txt", "a change of the branch")
	m.commit(t)
	m.git(t, "switch", "-q", "main2")
	m.write(t, "main.txt", "a later change of main")
	m.commit(t)
	m.git(t, "switch", "-q", "-")
	folder, err := scratch.Open(folderPrefix)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	b := &builder{folder: folder}
	parse := func(rev string) string { return strings.TrimSpace(m.git(t, "rev-parse", rev)) }
	for rev, want := range map[string]string{
		"main2": parse("main2"), "main2...": parse("base"), "main2...HEAD": parse("base"), "base...main2": parse("base"), "HEAD...": parse("HEAD"),
	} {
		if got, err := b.commit(t.Context(), m.dir, rev); err != nil || got != want {
			t.Errorf("%s: got the commit %s, %v, want %s", rev, got, err, want)
		}
	}
	shallow := filepath.Join(t.TempDir(), "clone")
	m.git(t, "clone", "-q", "--depth", "1", "--no-single-branch", "file://"+m.dir, shallow)
	for _, rev := range []string{"HEAD~1", "origin/main2..."} {
		if _, err := b.commit(t.Context(), shallow, rev); err == nil || !strings.Contains(err.Error(), "use fetch-depth: 0 in actions/checkout") {
			t.Errorf("%s in a shallow clone: got the error %v, want one with fetch-depth: 0", rev, err)
		}
	}
}
