#!/usr/bin/env bash
# Builds signet-agent for the boards, prints sizes, holds the budget, and runs the arm program under emulation.
set -euo pipefail
cd "$(dirname "$0")/.."
. test/go.sh
ldflags=${1:--s -w}

build() { # build NAME GOARCH [GOARM]
	CGO_ENABLED=0 GOOS=linux GOARCH=$2 GOARM=${3:-} go build -trimpath -ldflags "$ldflags" -o "bin/signet-agent-$1" ./agent/signet-agent
	printf '%-22s %9d bytes\n' "signet-agent-$1" "$(stat -c %s "bin/signet-agent-$1")"
}
build armv6 arm 6
build armv7 arm 7
build arm64 arm64
build amd64 amd64

# The budget, what may be linked, and what emulation takes are in the test.
go test -count=1 -v -run 'TestSize|TestModules|TestSameEventsOnARM' ./test/shipped | grep -v '^=== '
