#!/usr/bin/env bash
# Everything that is checked. One line says what is done; the rest is the tools' own output.
set -euo pipefail
cd "$(dirname "$0")/.."
. test/go.sh
step() { printf '\n== %s\n' "$*"; }

step "format, vet, staticcheck"
bad=$(go tool -modfile=tools/go.mod gofumpt -l .)
[ -z "$bad" ] || { echo "not formatted (gofumpt): $bad"; exit 1; }
go vet ./...
go tool -modfile=tools/go.mod staticcheck ./...

step "programs"
make --no-print-directory build

step "owner's page: its own tests, golden vectors, and that the committed build is that of its source"
(cd owner/web && npm ci --silent && npm run --silent check)

step "programs for boards"
make --no-print-directory arm

step "unit tests with the race detector, golden vectors"
go test -race -timeout 20m $(go list ./... | grep -v /test/e2e)

step "motion: nothing fires in an empty room, however it is disturbed (a few cases ran above; these are all)"
go test -timeout 20m ./test/perturb

step "virtual ARM boards: the agent on the kernel's own camera drivers"
make --no-print-directory boards

step "end to end: the shipped programs, a real broker, a real browser; pictures in test/out"
go test -v -count 1 -timeout 20m ./test/e2e
