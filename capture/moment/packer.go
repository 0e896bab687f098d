package moment

import (
	"bytes"
	"image/jpeg"

	"signet/capture"
)

// packFPS is how many pictures a second of a raw camera are compressed for its clips. A 640x480 frame
// costs image/jpeg about 8 ms on a PC and ten times that on a small board.
const packFPS = 2

const packQuality = 75

// packer compresses raw frames.
type packer struct {
	out  bytes.Buffer
	last int // length of the last result
	made capture.Frame
}

// guess is about how long the next result will be.
func (p *packer) guess(f *capture.Frame) int {
	if p.last > 0 {
		return p.last
	}
	return f.Width * f.Height / 6
}

// pack returns f as JPEG, valid until the next call.
func (p *packer) pack(f *capture.Frame) (*capture.Frame, error) {
	img, err := Picture(f)
	if err != nil {
		return nil, err
	}
	p.out.Reset()
	if err := jpeg.Encode(&p.out, img, &jpeg.Options{Quality: packQuality}); err != nil {
		return nil, err
	}
	p.last = p.out.Len()
	p.made = *f
	p.made.Format, p.made.Key, p.made.Data = capture.MJPEG, true, p.out.Bytes()
	return &p.made, nil
}
