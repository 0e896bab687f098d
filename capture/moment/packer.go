package moment

import (
	"signet/capture"
	"signet/capture/compress"
)

// packFPS is how many pictures a second of a raw camera are compressed for its clips. A frame of 640x480 takes
// about 27 million instructions on 32-bit ARM, six times as many as looking for motion in it (November 2026).
const packFPS = 2

const packQuality = 75

// packer compresses raw frames.
type packer struct {
	encoder compress.Encoder
	made    capture.Frame
}

// guess is about how long the next result will be.
func (p *packer) guess(f *capture.Frame) int {
	if n := len(p.made.Data); n > 0 {
		return n
	}
	return f.Width * f.Height / 6
}

// pack returns f as JPEG, valid until the next call.
func (p *packer) pack(f *capture.Frame) (*capture.Frame, error) {
	data, err := p.encoder.Append(p.made.Data[:0], f, packQuality)
	if err != nil {
		return nil, err
	}
	p.made = *f
	p.made.Format, p.made.Key, p.made.Data = capture.MJPEG, true, data
	return &p.made, nil
}
