#!/usr/bin/env bash
# Sees to it that the tools are there which `make run` (go), `make test` (test), `make boards` (boards) or
# `make bench-motion` (bench) needs, and says what and why.
# As root on Debian it installs them; as anybody else it prints the command and stops.
set -eu
cd "$(dirname "$0")/.."
what=${1:?go, test, boards or bench}

want=() # Debian packages
need() { # need COMMAND PACKAGE WHY
	command -v "$1" >/dev/null 2>&1 && return
	echo "needed: $2 ($3)"
	want+=("$2")
}

old_go() { # true where there is no Go that can fetch the version in go.mod by itself
	command -v go >/dev/null 2>&1 || return 0
	local v; v=$(go env GOVERSION 2>/dev/null) || return 0
	v=${v#go1.}; v=${v%%.*}
	! [ "${v:-0}" -ge 21 ] 2>/dev/null
}

if [ "$what" = go ]; then
	if old_go; then
		echo "signet: Go 1.21 or newer is not installed" >&2
		echo "hint: install Go from your distribution or its home page; it fetches the version in go.mod by itself" >&2
		exit 1
	fi
	if ! go list -m >/dev/null 2>&1; then
		echo "signet: $(go version) may not fetch the version in go.mod (GOTOOLCHAIN=$(go env GOTOOLCHAIN))" >&2
		echo "hint: GOTOOLCHAIN=auto make run" >&2
		exit 1
	fi
	exit 0
fi

PATH=$PATH:/usr/sbin:/sbin # where the system administrator's tools are
need go golang-go "builds everything"
[ -e /etc/ssl/certs/ca-certificates.crt ] || need no-ca-certificates ca-certificates "downloads Go modules"
need git git "version in the programs"
need make make "knows how to build"
need ffmpeg ffmpeg "MP4 and AVI cameras, checks clips; H.264 of a board's webcam; larger pictures for measuring"
if [ "$what" = bench ]; then
	need motion motion "the motion daemon, to compare with"
	/usr/bin/python3 -c "import cv2" >/dev/null 2>&1 || need no-opencv python3-opencv "OpenCV, to compare with"
	need gcc gcc "measures libjpeg-turbo"
	[ -e /usr/include/stdlib.h ] || need no-libc-dev libc6-dev "measures libjpeg-turbo"
	[ -e /usr/include/turbojpeg.h ] || need no-turbojpeg libturbojpeg0-dev "libjpeg-turbo, to compare with"
	need qemu-arm qemu-user "counts instructions of ARM programs"
	need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu "libjpeg-turbo on 64-bit ARM"
	[ -e /usr/aarch64-linux-gnu/include/stdlib.h ] || need no-libc-arm64 libc6-dev-arm64-cross "libjpeg-turbo on 64-bit ARM"
	need arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf "libjpeg-turbo on 32-bit ARM"
	[ -e /usr/arm-linux-gnueabihf/include/stdlib.h ] || need no-libc-armhf libc6-dev-armhf-cross "libjpeg-turbo on 32-bit ARM"
else
	need qemu-system-arm qemu-system-arm "virtual ARM boards"
	need depmod kmod "finds the boards' kernel modules"
	need mkfs.ext4 e2fsprogs "makes the boards' disks"
	need swtpm swtpm "the TPM of a board"
fi
if [ "$what" = test ]; then
	need gcc gcc "race detector"
	[ -e /usr/include/stdlib.h ] || need no-libc-dev libc6-dev "race detector"
	need node nodejs "tests of the owner's page"
	need npm npm "tests of the owner's page"
	need chromium chromium "end-to-end test in a real browser"
	need age age "opens sealed files the standard way"
	need openssl openssl "verifies certificates the standard way"
	need cpio cpio "checks how the boards' first file system is packed"
	need djpeg libjpeg-turbo-progs "checks 1/8-scale luma against libjpeg"
	need mosquitto mosquitto "the other broker, against takeovers and foreign topics"
	need qemu-arm qemu-user "runs the arm program"
fi

if [ ${#want[@]} -gt 0 ]; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "signet: these packages are missing" >&2
		echo "hint: sudo apt-get install --no-install-recommends ${want[*]}" >&2
		[ "$what" = bench ] && exit 0 # it passes over what is not there
		exit 1
	fi
	echo "installing ${want[*]}"
	for try in 1 2 3; do # a mirror in mid-synchronisation fails now and then
		apt-get update -qq >/dev/null && break || sleep $((try * 5))
	done
	log=$(mktemp)
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${want[@]}" >"$log" 2>&1 || { cat "$log"; exit 1; }
	rm -f "$log"
fi
