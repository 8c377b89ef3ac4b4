#!/bin/sh
# benchstat's tables across protocols for one results file, of the units that
# most people ask for; docs/metrics.md has the others. benchstat exits with 0
# even when it could not read a line, so what it says on stderr counts.
set -eu
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
go tool benchstat -filter '.unit:(ops/s OR p50-sec OR p99-sec OR allocs/op)' -col /proto -row '/size@num /par@num' "$1" 2>"$errors"
if [ -s "$errors" ]; then
	cat "$errors" >&2
	exit 1
fi
