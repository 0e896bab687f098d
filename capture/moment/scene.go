package moment

import (
	"time"

	"signet/capture"
	"signet/capture/motion"
)

const (
	// A camera that has just begun is still finding its exposure and its white balance. What changes then is its own doing.
	warmUp = 3 * time.Second
	// So long after a change the picture of the new scene is taken: exposure has followed by then. What changes meanwhile,
	// such as a lamp that flickers when it is lit, is the same change.
	settling = time.Second
)

// sceneChange waits for the moment at which a change of the whole picture is told of.
type sceneChange struct {
	warm bool         // the camera has begun to send
	from capture.Mono // changes before it do not count
	at   motion.Stamp
	due  bool
}

// watchScene takes up what the detector says of the scene in a frame, and tells of a change once f shows the new one.
func (r *run) watchScene(f *capture.Frame, changed bool) {
	c := &r.scene
	if !c.warm {
		c.warm, c.from = true, f.Mono.Add(warmUp)
	}
	if changed && !c.due && f.Mono >= c.from {
		c.at, c.due = r.now, true
	}
	if c.due && f.Mono.Sub(c.at.At) >= settling {
		r.tellScene(f)
	}
}

// tellScene tells of a change that is due, with a picture of f where there is one.
func (r *run) tellScene(f *capture.Frame) {
	c := &r.scene
	if !c.due {
		return
	}
	c.due = false
	var t Thumbnail
	if f != nil {
		var err error
		if t, err = r.picker.still(f); err != nil {
			r.count.noThumbnail.Add(1)
			r.cfg.Log.Warn("no picture of the new scene", "frame", f.Seq, "err", err)
		}
		t.Frame, t.At = f.Seq, f.Mono.Sub(c.at.At)
	}
	r.sink.SceneChanged(c.at, t)
}
