package v4l2

import (
	"errors"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/v4l2/uapi"
)

// stream is what a camera needs of *webcam.Webcam.
type stream interface {
	SetImageFormat(f webcam.PixelFormat, width, height uint32) (webcam.PixelFormat, uint32, uint32, error)
	SetFramerate(fps float32) error
	SetBufferCount(count uint32) error
	StartStreaming() error
	StopStreaming() error
	WaitForFrame(seconds uint32) error
	GetFrame() ([]byte, uint32, error)
	ReleaseFrame(index uint32) error
	Close() error
}

// driver is a second descriptor of the stream's: what the driver really has and does (uapi.Node).
type driver interface {
	Capability() (uapi.Capability, error)
	Formats() []uapi.FormatDesc
	Sizes(fourCC uint32) []uapi.FrameSize
	PixFormat() (uapi.PixFormat, error)
	Rate() float64
	Buffer(index uint32) (uapi.Buffer, error)
	Close() error
}

var errNotVideo = errors.New("not a video device")

// system is the boundary to the kernel.
type system struct {
	open func(path string) (stream, driver, error)
	now  func() capture.Mono
}

var kernel = system{openNode, capture.Now}

// openNode opens a node, and a second descriptor of the same open file.
func openNode(path string) (stream, driver, error) {
	n, err := uapi.Open(path)
	if err != nil {
		return nil, nil, err
	}
	_, err = n.Capability()
	n.Close()
	if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EINVAL) {
		err = errNotVideo
	}
	if err != nil {
		return nil, nil, err
	}
	w, err := webcam.Open(path)
	if err != nil {
		return nil, nil, err
	}
	fd, err := descriptorOf(w)
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	unix.CloseOnExec(int(fd))
	d, err := uapi.Dup(fd)
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	return &tidy{w}, d, nil
}
