#!/usr/bin/env bash
# Counts instructions on 32-bit ARM (GOARM=7), under emulation: per frame of the shipped program's replay of footage, and of the
# pipeline alone for raw cameras, which replay does not know; and per attempt to read a code before the lens. Two runs of
# different length are subtracted, so that start-up cancels; each figure is measured three times, which takes two minutes in all.
#
# Needs qemu-arm, a C compiler and ffmpeg, and for MJPEG the recordings highway.mjpeg and onebyone.mjpeg of a road and a corridor
# in the folder SIGNET_FOOTAGE, which are no part of this tree. What is not there is named, and what needs it skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=
for tool in qemu-arm gcc ffmpeg; do
	command -v $tool >/dev/null || missing+=" $tool"
done
if [ -n "$missing" ]; then
	echo "skipped: not installed:$missing (Debian: apt-get install qemu-user gcc libc6-dev ffmpeg)"
	exit 0
fi
. test/go.sh
footage=${SIGNET_FOOTAGE:-../shared/footage}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
gcc -O2 -shared -fPIC -o "$dir/count.so" test/insncount.c
export CGO_ENABLED=0 GOOS=linux GOARCH=arm GOARM=7
go build -trimpath -ldflags '-s -w' -o "$dir/agent" ./agent/signet-agent
go test -c -o "$dir/moment" ./capture/moment
go test -c -o "$dir/lens" ./capture/lens

count() { timeout 300 qemu-arm -plugin "$dir/count.so" "$@" 2>&1 >/dev/null | awk '/^instructions/ { print $2 }'; }
if [ -z "$(count "$dir/agent" version)" ]; then
	echo "skipped: this qemu-arm takes no plugins, which count the instructions"
	exit 0
fi
report() { # report NAME FRAMES SHORT... LONG...: the differences, in thousands a frame
	local name=$1 frames=$2; shift 2
	printf '%-34s' "$name"
	while [ $# -gt 0 ]; do printf ' %8d' $((($2 - $1) / frames / 1000)); shift 2; done
	echo
}

echo "thousand instructions a frame, ARMv7, three measurements"
replay() { # replay NAME RECORDING FILTER
	[ -e "$footage/$2" ] || { echo "$1: skipped: no $footage/$2 (set SIGNET_FOOTAGE)"; return 0; }
	local n counts=()
	for n in 100 400; do
		ffmpeg -v error -y -f mjpeg -i "$footage/$2" -frames:v $n $3 -f mjpeg "$dir/$n.mjpeg"
	done
	for _ in 1 2 3; do
		for n in 100 400; do counts+=("$(count "$dir/agent" replay --fps 10 "$dir/$n.mjpeg")"); done
	done
	report "$1, $(($(stat -c %s "$dir/400.mjpeg") / 400000)) KB" 300 "${counts[@]}"
}
replay 'replay MJPEG 640x480' highway.mjpeg '-c:v copy'
replay 'replay MJPEG 1280x720' onebyone.mjpeg '-vf scale=1280:720 -c:v mjpeg -q:v 2 -huffman default'

for bench in every needed; do # which frames are looked at, of MJPEG at 15 a second before an empty room
	counts=()
	for _ in 1 2 3; do
		for n in 100 400; do
			counts+=("$(count "$dir/moment" -test.run '^$' -test.bench "^BenchmarkEmptyRoom\$/^$bench\$" -test.benchtime ${n}x)")
		done
	done
	report "pipeline MJPEG empty, $bench" 300 "${counts[@]}"
done
for bench in YUYV/640x480/idle YUYV/640x480/event NV12/640x480/idle NV12/640x480/event; do
	counts=()
	for _ in 1 2 3; do
		for n in 100 400; do
			counts+=("$(count "$dir/moment" -test.run '^$' -test.bench "^BenchmarkRaw\$/^${bench//\//\$/^}\$" -test.benchtime ${n}x)")
		done
	done
	report "pipeline ${bench//\// }" 300 "${counts[@]}"
done

echo "thousand instructions an attempt to read a code, ARMv7, three measurements"
for bench in MJPEG/640x480 MJPEG/1280x720 YUYV/640x480; do
	counts=()
	for _ in 1 2 3; do
		for n in 5 15; do # each way of reading as often as the others
			counts+=("$(count "$dir/lens" -test.run '^$' -test.bench "^BenchmarkLook\$/^${bench//\//\$/^}\$/^code\$" -test.benchtime ${n}x)")
		done
	done
	report "lens ${bench//\// }" 10 "${counts[@]}"
done
