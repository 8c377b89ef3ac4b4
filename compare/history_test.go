package compare

import (
	"encoding/csv"
	"path/filepath"
	"strings"
	"testing"
)

// TestHistory compares each commit of a range with the same old build.
func TestHistory(t *testing.T) {
	m := newModule(t, ownFiles)
	m.edit(t, "own.go", "range n", "range 2 * n")
	m.commit(t)
	m.edit(t, "own.go", "range 2 * n", "range 3 * n")
	m.commit(t)
	c := short()
	c.Bench, c.Units, c.Folder = "Loop", []string{"steps/op"}, filepath.Join(t.TempDir(), "history")
	if err := History(t.Context(), c, "base..HEAD"); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(readFile(t, c.Folder, "history.csv"))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("got %v, %v, want a heading and a row for each commit", rows, err)
	}
	commits := strings.Fields(m.git(t, "log", "--reverse", "--format=%H", "base..HEAD"))
	for i, row := range rows[1:] {
		if number := string(rune('1' + i)); row[0] != number || row[1] != commits[i] || row[7] != []string{"2", "3"}[i] {
			t.Errorf("got %v, want number %s, commit %s and a ratio of %d", row, number, commits[i], i+2)
		}
		checkFiles(t, filepath.Join(c.Folder, "00"+row[0]+"-"+row[1][:12]), 6)
	}
	for _, revisions := range []string{"HEAD", "--all..", "base..nothing", "HEAD..base"} {
		if err := History(t.Context(), c, revisions); err == nil || !strings.HasPrefix(err.Error(), "compare: ") {
			t.Errorf("%s: got error %v, want one about the range", revisions, err)
		}
	}
}
