package v4l2

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"signet/capture"
	"signet/capture/v4l2/uapi"
)

// Pair is a camera with a second node that delivers H.264 beside the pictures in which motion is looked for. It
// implements capture.Camera and capture.Skipper. What fails one of them fails both.
type Pair struct {
	*Camera         // the pictures
	video   *Camera // the H.264
	turn    int     // which of the two is looked at first
	wait    func(time.Duration) (ready [2]bool, err error)
}

// Info describes the pictures, and says that there is H.264.
func (p *Pair) Info() capture.Info {
	i := p.Camera.Info()
	i.HasH264 = true
	return i
}

// Skipped returns what was passed over of both.
func (p *Pair) Skipped() capture.Skipped {
	return p.Camera.Skipped().Plus(p.video.Skipped())
}

// Close frees both nodes.
func (p *Pair) Close() error { return errors.Join(p.video.Close(), p.Camera.Close()) }

// Next waits for the next frame of either; see capture.Camera.
func (p *Pair) Next(ctx context.Context, f *capture.Frame) error {
	if first := p.video.kept; first != nil {
		first.Data = append(f.Data[:0], first.Data...)
		*f, p.video.kept = *first, nil
		return ctx.Err()
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		both := [2]*Camera{p.Camera, p.video}
		ready, err := p.wait(time.Second)
		if err != nil {
			return p.gone(err)
		}
		p.turn = 1 - p.turn // so that a fast one does not keep the other from its turn
		for _, i := range [2]int{p.turn, 1 - p.turn} {
			if ready[i] {
				if got, err := both[i].fetch(ctx, f); got || err != nil {
					return err
				}
			}
			if err := both[i].stalled(); err != nil {
				return err
			}
		}
	}
}

// videoNode returns the node of the same device as path that delivers H.264, or "".
func videoNode(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	siblings, _ := filepath.Glob("/sys/class/video4linux/" + filepath.Base(real) + "/device/video4linux/video*")
	for _, s := range siblings {
		if name := filepath.Base(s); name != filepath.Base(real) && deliversH264("/dev/"+name) {
			return "/dev/" + name
		}
	}
	return ""
}

func deliversH264(path string) bool {
	n, err := uapi.Open(path)
	if err != nil {
		return false
	}
	defer n.Close()
	if c, err := n.Capability(); err != nil || c.Caps()&uapi.CapCapture == 0 || c.Caps()&uapi.CapStreaming == 0 {
		return false
	}
	for _, f := range n.Formats() {
		if uapi.FourCCName(f.FourCC) == string(capture.H264) {
			return true
		}
	}
	return false
}
