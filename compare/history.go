package compare

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/echobench/echobench/internal/run/interrupt"
	"github.com/echobench/echobench/internal/run/scratch"
)

// History compares Config.Old, which is the common reference, with each commit of a
// range of revisions, such as v1.0.0..main, the oldest first and of merges only the
// first parent. Config.New may only have modules in With.
//
// Config.Folder then has a folder for each commit, such as 001-1f0c5e2a9b7d, with what Run
// writes, and history.csv with the rows of all commits. Its columns are the number of the
// commit in the range, its hash and its date, and those of verdict.csv. As every
// commit was measured next to the same reference, their ratios are a series, although the
// machine was not equally fast all the time. Config.Budget is that of each commit.
//
// A commit that cannot be compared does not end the others. Its folder has no
// verdict.csv, and the error says why.
func History(ctx context.Context, c Config, revisions string) error {
	if c.Folder == "" || c.New.Rev+c.New.Dir+c.New.Binary != "" || c.New.Command != nil {
		return errors.New("compare: a history needs Config.Folder, and Config.New must not name another build")
	}
	ctx, stop := interrupt.Context(ctx)
	defer stop()
	commits, err := commitsOf(ctx, revisions)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if err := os.MkdirAll(c.Folder, 0o777); err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	file, err := os.Create(filepath.Join(c.Folder, "history.csv"))
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	out := csv.NewWriter(file)
	out.Write(append([]string{"number", "commit", "date"}, columns...))
	var errs []error
	for i, one := range commits {
		commit, date, _ := strings.Cut(one, " ")
		each := c
		each.New.Rev = commit
		each.Folder = filepath.Join(c.Folder, fmt.Sprintf("%03d-%.12s", i+1, commit))
		result, err := Run(ctx, each)
		if err != nil {
			errs = append(errs, fmt.Errorf("%.12s: %w", commit, err))
		}
		if result != nil {
			for _, row := range result.Rows {
				out.Write(append([]string{fmt.Sprint(i + 1), commit, date}, row.record()...))
			}
		}
		if out.Flush(); ctx.Err() != nil {
			break
		}
	}
	return errors.Join(append(errs, out.Error(), file.Close())...)
}

// commitsOf returns the commits of a range, each with its date.
func commitsOf(ctx context.Context, revisions string) ([]string, error) {
	if strings.HasPrefix(revisions, "-") || !strings.Contains(revisions, "..") {
		return nil, fmt.Errorf("revisions %q: want a range such as v1.0.0..main", revisions)
	}
	folder, err := scratch.Open(folderPrefix)
	if err != nil {
		return nil, err
	}
	b := &builder{folder: folder}
	list, err := b.git(ctx, ".", "log", "--reverse", "--first-parent", "--format=%H %cI", revisions, "--")
	if err := errors.Join(err, folder.Close()); err != nil {
		return nil, err
	}
	if list == "" {
		return nil, fmt.Errorf("revisions %q: there is no commit in this range", revisions)
	}
	return strings.Split(list, "\n"), nil
}
