package moment

import (
	"time"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/raw"
)

// Where nothing happens not every frame needs to be looked at: so many a second suffice, and from the first that shows
// something suspicious on every one counts.
const (
	idleEvery = time.Second * 2 / 15 // 7.5 a second, see TestIdleRate
	idleAfter = time.Second          // without anything suspicious
)

// idler chooses the frames that are looked at.
type idler struct {
	every     time.Duration // between looks where nothing happens
	started   bool
	seen      capture.Mono // the last frame
	gap       time.Duration
	next      capture.Mono // when it is to be looked again
	suspected capture.Mono // when something was suspicious last
}

// due says whether the frame taken at the moment is to be looked at. Frames come as they come: one that is nearer to the
// moment of a look than the next will be is taken.
func (i *idler) due(at capture.Mono) bool {
	flows := i.started && at > i.seen && at.Sub(i.seen) < idleAfter
	if flows {
		i.gap = at.Sub(i.seen)
	} else {
		i.suspected = at
	}
	i.started, i.seen = true, at
	return i.alert(at) || at >= i.next.Add(-min(i.gap, i.every)/2)
}

// alert says whether something was suspicious lately.
func (i *idler) alert(at capture.Mono) bool { return at.Sub(i.suspected) <= idleAfter }

// looked notes what the look at a frame showed.
func (i *idler) looked(at capture.Mono, suspicious bool) {
	if suspicious {
		i.suspected = at
	}
	if i.alert(at) {
		i.next = at
	}
	i.next = max(i.next, at.Add(-i.every)).Add(i.every)
}

// glance tells whether a frame is whole and as large as those before it, without looking at what it shows: its headers
// and its end are there, or all its samples. A frame that is not needs a look.
func (r *run) glance(f *capture.Frame) bool {
	if f.Format != capture.MJPEG {
		_, _, err := raw.Planes(f)
		return err == nil && f.Width == r.width && f.Height == r.height
	}
	h, _, err := mjpeg.Check(f.Data)
	if err != nil || h.Width != r.width || h.Height != r.height {
		return false
	}
	f.Width, f.Height = h.Width, h.Height
	return true
}
