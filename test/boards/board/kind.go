package board

import (
	"fmt"
	"slices"
	"strings"

	"signet/test/boards/debian"
)

// Kind is a machine that QEMU emulates.
type Kind string

// The machines.
const (
	// Generic is QEMU's virt board with paravirtual disk and network: what boots fastest.
	Generic Kind = "generic"
	// Pi is a Raspberry Pi 2B with the drivers that a real one has: SD card on sdhost, network on its dwc2 USB host.
	Pi Kind = "pi"
)

// machine is what differs between kinds.
type machine struct {
	args     []string // of QEMU
	park     []int    // processors that are not started
	append   string   // kernel command line
	tree     string   // device tree of Debian's kernel; empty: QEMU makes one
	net      string   // QEMU device of the network
	disk     string   // the disk's node in the guest
	diskArgs func(image string) []string
	modules  []string // that it needs, loaded on boot
}

func (k Kind) machine() (machine, error) {
	switch k {
	case Generic:
		return machine{
			// Without highmem=off a 32-bit kernel sees no PCI.
			args:   []string{"-M", "virt,highmem=off", "-cpu", "cortex-a7", "-smp", "2", "-m", "512"},
			append: "console=ttyAMA0",
			net:    "virtio-net-pci,netdev=net,romfile=",
			disk:   "/dev/vda",
			diskArgs: func(image string) []string {
				return []string{"-drive", "if=none,id=disk,format=raw,file=" + quote(image), "-device", "virtio-blk-pci,drive=disk"}
			},
			modules: []string{"virtio_pci", "virtio_net", "virtio_blk", "ext4"},
		}, nil
	case Pi:
		return machine{
			args: []string{"-M", "raspi2b", "-m", "1G"},
			// Four emulated processors on a host's two wait for each other: without two of them a boot takes half of the
			// host's time (9 instead of 18 s), and nothing stalls.
			park:   []int{2, 3},
			append: "console=ttyAMA0,115200 maxcpus=2",
			tree:   "bcm2836-rpi-2-b.dtb",
			net:    "usb-net,netdev=net",
			disk:   "/dev/mmcblk0",
			diskArgs: func(image string) []string {
				return []string{"-drive", "if=sd,format=raw,file=" + quote(image)}
			},
			// bcm2835 is the driver of sdhost.
			modules: []string{"bcm2835-rng", "phy-generic", "dwc2", "cdc_ether", "bcm2835", "ext4"},
		}, nil
	}
	return machine{}, fmt.Errorf("there is no board %q", k)
}

// quick leaves out what costs an emulated board seconds and changes nothing that is tried here: the kernel's check
// of its own page tables, which stops all processors again and again, and its tests of ciphers.
const quick = "rodata=off cryptomgr.notests quiet"

// command returns the arguments of QEMU. Only what is said here is there: no default devices, no configuration files.
func (m machine) command(r debian.Root, files files, parameters string) []string {
	args := slices.Concat(m.args, []string{
		"-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", "-nodefaults", "-no-user-config",
		"-kernel", r.Kernel(), "-initrd", files.initramfs, "-append", m.append + " " + quick + " " + parameters,
		"-netdev", "user,id=net", "-device", m.net,
	})
	if m.tree != "" {
		args = append(args, "-dtb", r.DeviceTree(m.tree))
	}
	for i, cpu := range m.park {
		args = append(args, "-device", fmt.Sprintf("loader,file=%s,addr=%#x,force-raw=on,cpu-num=%d", quote(files.park), parkAddress+16*i, cpu))
	}
	if files.disk != "" {
		args = append(args, m.diskArgs(files.disk)...)
	}
	return args
}

// quote makes a path one within an option of QEMU.
func quote(path string) string { return strings.ReplaceAll(path, ",", ",,") }

// files of the host that a board is made of.
type files struct {
	initramfs string
	park      string // holds parkCode
	disk      string // empty: none
}

// parkCode is where a processor that is not started waits for nothing, instead of asking for work for ever as a
// Pi's do: wfi; b .-4
var parkCode = []byte{0x03, 0xf0, 0x20, 0xe3, 0xfd, 0xff, 0xff, 0xea}

// parkAddress is in memory where neither QEMU nor the kernel has anything when the board starts.
const parkAddress = 0x5000
