package camera

import (
	"time"

	"signet/test/boards/usbcam/footage"
)

// reel is where a camera is in a recording of single pictures. Pulling the plug does not change it.
type reel struct {
	length int
	at     int           // the picture of the next frame
	shown  time.Duration // for how long, of the time that one picture has
	over   bool          // the last picture is kept
}

// mount makes the reel one of a recording of that many pictures.
func (r *reel) mount(length int) {
	r.length = length
	r.at = min(r.at, length-1)
}

// next returns the picture of this frame and moves on by interval, the time until the next one.
func (r *reel) next(c *Camera, interval time.Duration) int {
	at := r.at
	if !c.playing || r.over {
		return at
	}
	each := interval // of the recording's pictures
	if c.cfg.FPS > 0 {
		each = time.Duration(float64(time.Second) / c.cfg.FPS)
	}
	for r.shown += interval; r.shown >= each; r.shown -= each {
		r.at++
	}
	if r.at < r.length {
		return at
	}
	if c.cfg.Loop {
		r.at %= r.length
	} else {
		r.at, r.over = r.length-1, true
	}
	return at
}

// rewind goes to the first picture.
func (r *reel) rewind() { r.at, r.shown, r.over = 0, 0, false }

// film is where a camera is in a recording of H.264. Pulling the plug does not change it.
type film struct {
	units  *footage.H264 // nil if there is none
	at     int           // the access unit of the next frame
	over   bool
	params bool // the parameter sets were sent since streaming began
}

// restart begins with a key picture.
func (f *film) restart() {
	f.params = false
	f.toKey()
}

// toKey goes back to a key picture, which is the first one's at last.
func (f *film) toKey() {
	for f.at > 0 && !f.units.Units[f.at].Key {
		f.at--
	}
}

// next appends the access unit of this frame to dst. A film that is held still is its last key picture, again
// and again.
func (f *film) next(dst [][]byte, c *Camera) [][]byte {
	playing := c.playing && !f.over
	if !playing {
		f.toKey()
	}
	u := &f.units.Units[f.at]
	if u.Key && !(c.cfg.ParamsOnce && f.params) {
		params := u.Params
		if len(params) == 0 {
			params = f.units.Params
		}
		dst = append(dst, params...)
		f.params = true
	}
	dst = append(dst, u.Rest...)
	if !playing {
		return dst
	}
	if f.at++; f.at == len(f.units.Units) {
		if f.at = 0; !c.cfg.Loop {
			f.at, f.over = len(f.units.Units)-1, true
		}
	}
	return dst
}

// rewind goes to the first access unit.
func (f *film) rewind() { f.at, f.over = 0, false }
