package v4l2

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"
)

// stream is what a camera needs of *webcam.Webcam.
type stream interface {
	SetImageFormat(f webcam.PixelFormat, width, height uint32) (webcam.PixelFormat, uint32, uint32, error)
	SetFramerate(fps float32) error
	SetBufferCount(count uint32) error
	StartStreaming() error
	WaitForFrame(seconds uint32) error
	GetFrame() ([]byte, uint32, error)
	ReleaseFrame(index uint32) error
	Close() error
}

// control is a second descriptor on the node: what the driver really has and does.
type control interface {
	capability() (capability, error)
	formats() []string
	sizes(format string) []frameSize
	pixFormat() (pixFormat, error)
	// rate returns frames per second, 0 if the driver does not say.
	rate() float64
	close() error
}

var errNotVideo = errors.New("not a video device")

// openNode opens both. It is the boundary to the kernel.
func openNode(path string) (stream, control, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	d := descriptor(fd)
	if _, err := d.capability(); err != nil {
		d.close()
		return nil, nil, errNotVideo
	}
	w, err := webcam.Open(path)
	if err != nil {
		d.close()
		return nil, nil, err
	}
	closeOnExec(path)
	return w, d, nil
}

// closeOnExec keeps the descriptors of path from programs that are started later; the library does not.
func closeOnExec(path string) {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && to == path {
			var fd int
			if _, err := fmt.Sscan(filepath.Base(l), &fd); err == nil {
				unix.CloseOnExec(fd)
			}
		}
	}
}

type descriptor int

func (d descriptor) capability() (capability, error) {
	var c capability
	return c, ioctl(int(d), vidiocQuerycap, &c)
}

func (d descriptor) formats() []string {
	var names []string
	for i := range uint32(256) {
		f := formatDesc{index: i, bufType: bufTypeCapture}
		if ioctl(int(d), vidiocEnumFmt, &f) != nil {
			break
		}
		names = append(names, fourCCName(f.fourCC))
	}
	return names
}

func (d descriptor) sizes(format string) []frameSize {
	var sizes []frameSize
	for i := range uint32(256) {
		s := frameSize{index: i, fourCC: fourCC(format)}
		if ioctl(int(d), vidiocEnumFramesizes, &s) != nil {
			break
		}
		sizes = append(sizes, s)
		if s.kind != sizeDiscrete {
			break // a range comes alone
		}
	}
	return sizes
}

func (d descriptor) pixFormat() (pixFormat, error) {
	f := format{bufType: bufTypeCapture}
	err := ioctl(int(d), vidiocGFmt, &f)
	return f.pix, err
}

func (d descriptor) rate() float64 {
	p := streamParm{bufType: bufTypeCapture}
	if ioctl(int(d), vidiocGParm, &p) != nil || p.numerator == 0 {
		return 0
	}
	return float64(p.denominator) / float64(p.numerator)
}

func (d descriptor) close() error { return unix.Close(int(d)) }
