#!/bin/sh
# Runs every fuzz target of every package for the given time, one after the other, and
# prints how many inputs each has tried. Further arguments are flags of go test, such as
# -parallel 1. A failing input is kept in the package's testdata/fuzz. Making an input
# that is new smaller would take up to a minute each by default, most of a short run.
set -eu
cd "$(dirname "$0")/.."
time=${1:-10s}
[ $# -eq 0 ] || shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
listed=$(go test -list '^Fuzz' ./...)
# go test prints a package's targets, one on each line, and then "ok package time".
printf '%s\n' "$listed" | awk '/^Fuzz/ { names[n++] = $1 } /^ok/ { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }' >"$folder/targets"
rc=0
while read -r package target; do
	echo "# $package $target"
	{ go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1s "$@" "$package" </dev/null && echo ok || echo failed; } 2>&1 | tee "$folder/log"
	result=$(tail -n 1 "$folder/log")
	[ "$result" = ok ] || rc=1
	# The last line of progress is "fuzz: elapsed: 10s, execs: 12345 (1234/sec), new interesting: 6 (total: 78)".
	awk -v result="$result" -v package="$package" -v target="$target" '
		match($0, /execs: [0-9]+/) { execs = substr($0, RSTART + 7, RLENGTH - 7) }
		END { printf "%-50s %-18s %12d %s\n", package, target, execs, result }' "$folder/log" >>"$folder/summary"
done <"$folder/targets"
printf '\n# Executions of each target in %s:\n' "$time"
cat "$folder/summary"
exit "$rc"
