package compare

import (
	"context"
	"fmt"
	"strings"
)

// commit returns the commit that a revision names. A...B is the merge base of A and B,
// as in git diff; without B it is that of A and HEAD.
func (b *builder) commit(ctx context.Context, top, rev string) (string, error) {
	from, to, isRange := strings.Cut(rev, "...")
	commit, err := b.git(ctx, top, "rev-parse", "--verify", "--quiet", from+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("revision %q is not in the repository %s%s: %w", from, top, b.shallow(ctx, top), err)
	}
	if !isRange {
		return commit, nil
	}
	if to == "" {
		to = "HEAD"
	}
	base, err := b.git(ctx, top, "merge-base", commit, to)
	if err != nil {
		return "", fmt.Errorf("revisions %s and %s have no common ancestor in the repository %s%s: %w", from, to, top, b.shallow(ctx, top), err)
	}
	return base, nil
}

// shallow says what to do about a shallow clone. It is empty for other repositories.
func (b *builder) shallow(ctx context.Context, top string) string {
	if is, err := b.git(ctx, top, "rev-parse", "--is-shallow-repository"); err != nil || is != "true" {
		return ""
	}
	return ", which is a shallow clone: use fetch-depth: 0 in actions/checkout, or git fetch --unshallow"
}
