#!/usr/bin/env bash
# Fuzzes every parser of outside bytes for FUZZTIME each.
set -euo pipefail
cd "$(dirname "$0")/.."
. test/go.sh
grep -rln --include='*_test.go' '^func Fuzz' . | while read -r file; do
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$file"); do
		echo "== $(dirname "$file") $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-1m}" -fuzzminimizetime 1x "$(dirname "$file")"
	done
done
