#!/bin/sh
# Runs every fuzz target of every package for the given time, one after the other.
# A failing input is kept in the package's testdata/fuzz.
set -eu
cd "$(dirname "$0")/.."
listed=$(go test -list '^Fuzz' ./...)
# go test prints a package's targets, one on each line, and then "ok package time".
printf '%s\n' "$listed" | awk '/^Fuzz/ { names[n++] = $1 } /^ok/ { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }' | {
	rc=0
	while read -r package target; do
		echo "# $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${1:-10s}" "$package" </dev/null || rc=1
	done
	exit "$rc"
}
