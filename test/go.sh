# Sourced. Puts the Go version of go.mod on the PATH where the installed Go is too old to fetch it by itself
# (Debian 12's): the toolchain is a module like any other.
gover=$(go env GOVERSION 2>/dev/null || true)
minor=${gover#go1.}; minor=${minor%%.*}
if ! [ "${minor:-0}" -ge 21 ] 2>/dev/null; then
	want=$(awk '$1 == "toolchain" { print $2 }' go.mod)
	[ -n "$want" ] || want=go$(awk '$1 == "go" { print $2 }' go.mod)
	mod=golang.org/toolchain@v0.0.1-$want.$(go env GOOS)-$(go env GOARCH)
	echo "fetching $want"
	dir=$(cd / && GO111MODULE=on GONOSUMDB=golang.org/toolchain GONOSUMCHECK=1 GOFLAGS=-mod=mod go mod download -json "$mod" | awk -F '"' '$2 == "Dir" { print $4 }')
	[ -n "$dir" ] || { echo "signet: cannot fetch $want" >&2; exit 1; }
	find "$dir/bin" "$dir/pkg/tool" -type f -exec chmod +x {} + # modules carry no modes
	export PATH="$dir/bin:$PATH" GOTOOLCHAIN=local
fi
