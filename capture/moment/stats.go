package moment

import (
	"errors"
	"sync/atomic"

	"signet/capture/luma"
)

// Why frames are left out of a clip.
var (
	errBackwards = errors.New("not younger than the frame before it")
	errTooLong   = errors.New("part too long")
)

// Stats counts what went through a Pipeline, and what did not and why.
type Stats struct {
	Frames      uint64 // taken from the camera, of all streams
	Looked      uint64 // of the motion stream, those in which motion was looked for
	Lost        uint64 // missing in the camera's count
	Torn        uint64 // broken off or damaged, as far as they were looked at
	Unsupported uint64 // of a kind that cannot be read
	Undecodable uint64 // H.264 without the key frame, parameters or frames it needs
	Unkept      uint64 // larger than the ring
	Unclipped   uint64 // left out of a clip by mistake in time or length
	NoThumbnail uint64 // chosen for a thumbnail and then not readable
	Events      uint64
	Parts       uint64
}

type counters struct {
	frames, looked, lost, torn, unsupported, undecodable, unkept, unclipped, noThumbnail, events, parts atomic.Uint64

	unread atomic.Pointer[error] // why the first frame that could not be read could not
}

// unreadable counts a frame that cannot be read.
func (c *counters) unreadable(err error) {
	if errors.Is(err, luma.ErrUnsupported) {
		c.unsupported.Add(1)
	} else {
		c.torn.Add(1)
	}
	c.unread.CompareAndSwap(nil, &err)
}

func (c *counters) stats() Stats {
	return Stats{
		Frames: c.frames.Load(), Looked: c.looked.Load(), Lost: c.lost.Load(), Torn: c.torn.Load(), Unsupported: c.unsupported.Load(),
		Undecodable: c.undecodable.Load(), Unkept: c.unkept.Load(), Unclipped: c.unclipped.Load(),
		NoThumbnail: c.noThumbnail.Load(), Events: c.events.Load(), Parts: c.parts.Load(),
	}
}
