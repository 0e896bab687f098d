#!/bin/busybox sh
# The first program on a virtual board: what a system would bring up before its services, and then the guest.
# The kernel's command line says boards.disk=NODE where there is a disk for /state.
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /etc /root /state /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
echo /sbin/none >/proc/sys/kernel/modprobe # everything is loaded here
while read -r module; do
	insmod "/modules/$module" || echo "init: $module is not loaded"
done </modules/load

interface=
while [ -z "$interface" ]; do
	for path in /sys/class/net/*/device; do # lo has none
		[ -e "$path" ] && interface=${path%/device} && interface=${interface##*/}
	done
	[ -n "$interface" ] || sleep 0.1
done
ifconfig lo 127.0.0.1
ifconfig "$interface" 10.0.2.15 netmask 255.255.255.0 up
route add default gw 10.0.2.2

disk=$(sed -n 's/.*boards\.disk=\([^ ]*\).*/\1/p' /proc/cmdline)
if [ -n "$disk" ]; then
	while ! [ -b "$disk" ]; do sleep 0.1; done
	mount -t ext4 "$disk" /state || echo "init: $disk is not mounted"
fi

/bin/guest serve
poweroff -f
