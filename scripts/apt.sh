#!/bin/sh
# Installs Debian or Ubuntu packages, as root or through sudo. Each command is
# printed before it runs.
set -eu
if ! command -v apt-get >/dev/null; then
	echo "please install these packages yourself, as there is no apt-get here: $*" >&2
	echo "(without libzmq, use CGO_ENABLED=0 or go test -tags nozmq; ZeroMQ is then skipped)" >&2
	exit 1
fi
run() {
	[ "$(id -u)" = 0 ] || set -- sudo "$@"
	echo "+ $*" >&2
	"$@" >&2
}
run apt-get update -qq
run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
