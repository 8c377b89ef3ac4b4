#!/bin/sh
# Generates the protobuf code and fails if it was not up to date. Only the version
# of protoc, which a header line names, may differ.
set -eu
cd "$(dirname "$0")/.."
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
find . -name '*.pb.go' -exec tar cf "$old/files.tar" {} +
tar xf "$old/files.tar" -C "$old"
make -s generate
rc=0
for file in $(find . -name '*.pb.go'); do
	diff -u -I 'protoc  *v' "$old/$file" "$file" || rc=1
done
[ "$rc" = 0 ] || echo "the generated code was not up to date; it is now" >&2
exit "$rc"
