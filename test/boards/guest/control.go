package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"signet/capture"
)

// linux/videodev2.h
const (
	vidiocQueryCtrl = 0xC0445624 // _IOWR('V', 36, struct v4l2_queryctrl)
	vidiocSetCtrl   = 0xC008561C // _IOWR('V', 28, struct v4l2_control)
	nextCtrl        = 0x80000000
	ctrlTypeClass   = 6
)

type queryCtrl struct {
	id, kind                       uint32
	name                           [32]byte
	minimum, maximum, step, preset int32
	flags                          uint32
	_                              [2]uint32
}

type setCtrl struct {
	id    uint32
	value int32
}

// control sets a control of a V4L2 device by its name and prints when that was, on the clock that stamps frames; or it
// lists them all.
func control(_ context.Context, args []string) error {
	f := flag.NewFlagSet("control", flag.ExitOnError)
	device := f.String("device", "/dev/video0", "")
	_ = f.Parse(args)
	fd, err := unix.Open(*device, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", *device, err)
	}
	defer unix.Close(fd)
	controls, err := list(fd)
	if err != nil {
		return fmt.Errorf("list controls of %s: %w", *device, err)
	}
	if f.NArg() == 0 {
		for _, c := range controls {
			fmt.Printf("%-40s %d to %d, preset %d\n", c.text(), c.minimum, c.maximum, c.preset)
		}
		return nil
	}
	value, err := strconv.ParseInt(f.Arg(1), 10, 32)
	if err != nil {
		return fmt.Errorf("usage: guest control [-device FILE] [NAME VALUE]: %w", err)
	}
	for _, c := range controls {
		if c.text() == f.Arg(0) {
			s := setCtrl{c.id, int32(value)}
			if err := ioctl(fd, vidiocSetCtrl, unsafe.Pointer(&s)); err != nil {
				return fmt.Errorf("set %s to %d: %w", c.text(), value, err)
			}
			fmt.Println(time.Duration(capture.Now()).Nanoseconds()) // when it was set
			return nil
		}
	}
	return fmt.Errorf("%s has no control %q", *device, f.Arg(0))
}

func list(fd int) ([]queryCtrl, error) {
	var all []queryCtrl
	for c := (queryCtrl{id: nextCtrl}); ; c.id |= nextCtrl {
		err := ioctl(fd, vidiocQueryCtrl, unsafe.Pointer(&c))
		if errors.Is(err, unix.EINVAL) {
			return all, nil // there is no next one
		}
		if err != nil {
			return nil, err
		}
		if c.kind != ctrlTypeClass {
			all = append(all, c)
		}
	}
}

func (c *queryCtrl) text() string {
	name, _, _ := bytes.Cut(c.name[:], []byte{0})
	return string(name)
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return os.NewSyscallError("ioctl", errno)
	}
	return nil
}
