#!/bin/sh
# Installs Debian or Ubuntu packages, as root or through sudo.
set -eu
if ! command -v apt-get >/dev/null; then
	echo "please install these yourself, no apt-get here: $*" >&2
	echo "(without libzmq: CGO_ENABLED=0, or go test -tags nozmq; ZeroMQ is then skipped)" >&2
	exit 1
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "# installing $*" >&2
$sudo apt-get update -qq >&2
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
