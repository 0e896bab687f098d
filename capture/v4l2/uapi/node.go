package uapi

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Node is a descriptor of a video node. Its methods may be called concurrently; the kernel has them wait for each other.
// They return what the kernel does, a unix.Errno.
type Node int

// Open opens a node for questions. It does not wait, and programs that are started later do not inherit it.
func Open(path string) (Node, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	return Node(fd), err
}

// Dup returns another descriptor of the same open file: to the driver it is the one that streams.
func Dup(fd uintptr) (Node, error) {
	n, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	return Node(n), err
}

// Close frees the descriptor.
func (n Node) Close() error { return unix.Close(int(n)) }

// Capability says what the node is (VIDIOC_QUERYCAP).
func (n Node) Capability() (Capability, error) {
	var c Capability
	return c, ioctl(int(n), vidiocQuerycap, &c)
}

// most bounds every list that a driver tells, item by item.
const most = 1024

// list asks for item after item until the driver says that there is no more.
func list[T any](ask func(i uint32) (T, error)) (all []T) {
	for i := range uint32(most) {
		v, err := ask(i)
		if err != nil {
			break
		}
		all = append(all, v)
	}
	return all
}

// Formats lists the picture formats (VIDIOC_ENUM_FMT).
func (n Node) Formats() []FormatDesc {
	return list(func(i uint32) (FormatDesc, error) {
		f := FormatDesc{index: i, bufType: bufTypeCapture}
		return f, ioctl(int(n), vidiocEnumFmt, &f)
	})
}

// Sizes lists the sizes of a format (VIDIOC_ENUM_FRAMESIZES); one that is not discrete comes alone.
func (n Node) Sizes(fourCC uint32) []FrameSize {
	return list(func(i uint32) (FrameSize, error) {
		s := FrameSize{index: i, fourCC: fourCC}
		err := ioctl(int(n), vidiocEnumFramesizes, &s)
		if i > 0 && s.Kind != Discrete {
			err = unix.EINVAL
		}
		return s, err
	})
}

// Intervals lists the times between frames of a format and size (VIDIOC_ENUM_FRAMEINTERVALS); one that is not discrete
// comes alone.
func (n Node) Intervals(fourCC, width, height uint32) []FrameInterval {
	return list(func(i uint32) (FrameInterval, error) {
		v := FrameInterval{index: i, fourCC: fourCC, width: width, height: height}
		err := ioctl(int(n), vidiocEnumIntervals, &v)
		if i > 0 && v.Kind != Discrete {
			err = unix.EINVAL
		}
		return v, err
	})
}

// PixFormat is what the driver is set to (VIDIOC_G_FMT).
func (n Node) PixFormat() (PixFormat, error) {
	f := format{bufType: bufTypeCapture}
	err := ioctl(int(n), vidiocGFmt, &f)
	return f.pix, err
}

// Rate is what the driver is set to, in frames per second; 0 if it does not say (VIDIOC_G_PARM).
func (n Node) Rate() float64 {
	p := streamParm{bufType: bufTypeCapture}
	if ioctl(int(n), vidiocGParm, &p) != nil {
		return 0
	}
	return Fraction{p.numerator, p.denominator}.FPS()
}

// Buffer tells of one of the driver's buffers (VIDIOC_QUERYBUF). Some drivers answer only the descriptor that streams.
func (n Node) Buffer(index uint32) (Buffer, error) {
	b := Buffer{Index: index, bufType: bufTypeCapture, memory: memoryMmap}
	return b, ioctl(int(n), vidiocQuerybuf, &b)
}

// Mono is the time of b on CLOCK_MONOTONIC; false if it is of another clock.
func (b *Buffer) Mono() (time.Duration, bool) {
	return time.Duration(b.Time.Nano()), b.Flags&bufClock == BufMonotonic
}

// Controls lists the controls that have not been disabled for ever, headings left out (VIDIOC_QUERYCTRL).
func (n Node) Controls() []ControlInfo {
	var all []ControlInfo
	for id := uint32(0); len(all) < most; {
		c := ControlInfo{ID: id | flagNext}
		if ioctl(int(n), vidiocQueryctrl, &c) != nil || c.ID <= id {
			break
		}
		if id = c.ID; c.Type != TypeClass && c.Flags&FlagDisabled == 0 {
			all = append(all, c)
		}
	}
	return all
}

// MenuItem is a choice of a menu control.
type MenuItem struct {
	Value int32
	Name  string // of an integer menu, the number
}

// Menu lists the choices of a menu control (VIDIOC_QUERYMENU). The kernel leaves out what the camera has not.
func (n Node) Menu(c *ControlInfo) []MenuItem {
	var all []MenuItem
	for i := max(c.Min, 0); i <= c.Max && i < most; i++ {
		m := menuItem{id: c.ID, index: uint32(i)}
		if ioctl(int(n), vidiocQuerymenu, &m) != nil {
			continue
		}
		name := text(m.name[:])
		if c.Type == TypeIntegerMenu {
			name = fmt.Sprint(int64(binary.NativeEndian.Uint64(m.name[:])))
		}
		all = append(all, MenuItem{i, name})
	}
	return all
}

// Control returns the value of a control (VIDIOC_G_CTRL).
func (n Node) Control(id uint32) (int32, error) {
	c := control{id: id}
	err := ioctl(int(n), vidiocGCtrl, &c)
	return c.value, err
}

// SetControl sets it (VIDIOC_S_CTRL).
func (n Node) SetControl(id uint32, value int32) error {
	return ioctl(int(n), vidiocSCtrl, &control{id, value})
}

// Wait waits, at most d, until one of the nodes has a frame or an error to tell, and says which. No more than four.
func Wait(d time.Duration, ready []bool, nodes ...Node) error {
	var fds [4]unix.PollFd
	for i, n := range nodes {
		fds[i] = unix.PollFd{Fd: int32(n), Events: unix.POLLIN}
	}
	_, err := unix.Poll(fds[:len(nodes)], int(d.Milliseconds()))
	if err != nil && err != unix.EINTR {
		return err
	}
	for i := range nodes {
		ready[i] = err == nil && fds[i].Revents != 0
	}
	return nil
}
