package moment

import (
	"time"

	"signet/capture"
	"signet/capture/fmp4"
	"signet/capture/mjpeg"
)

// clip cuts the frames of one event into parts.
type clip struct {
	track   fmp4.Track
	start   capture.Mono // of the first frame
	end     capture.Mono // of the last part
	index   int
	open    bool
	buf     []byte // frames of the part that is being collected
	pending []piece
}

type piece struct {
	off, end int
	at       capture.Mono
	key      bool
}

// MaxPart bounds Part.Data, in bytes. A record names sealed parts of at most 8 MiB (certs.MaxPart), and sealing adds to
// them: 16 bytes for every 64 KiB, and up to 2 KB for each of 16 recipients. A part that is larger could not be signed.
const MaxPart = 7 << 20

const (
	enoughBytes = 2 << 20                // a part of so many bytes ends at the next key frame, however short
	mostBytes   = MaxPart - 256<<10      // frames that would make it longer are left out; the rest is for MP4 boxes and JPEG tables
	lastFrame   = 100 * time.Millisecond // the last frame of a clip is shown for so long at least
)

func (c *clip) reset(t fmp4.Track) {
	*c = clip{track: t, open: true, buf: c.buf[:0], pending: c.pending[:0]}
}

// add takes the next frame. It returns the part before it where that is now complete. A frame that is
// not younger than the last one, or that is not whole, is left out and an error says why.
func (c *clip) add(f *capture.Frame, e *Event, length time.Duration) (*Part, error) {
	var part *Part
	if n := len(c.pending); n > 0 {
		if f.Mono <= c.pending[n-1].at {
			return nil, errBackwards
		}
		if f.Key && (f.Mono.Sub(c.pending[0].at) >= length || len(c.buf) >= enoughBytes) {
			p, err := c.cut(f.Mono, e)
			if err != nil {
				return nil, err
			}
			part = p
		}
	} else if !f.Key {
		return nil, errNoKey
	}
	if len(c.buf)+len(f.Data) > mostBytes {
		return part, errTooLong
	}
	off := len(c.buf)
	if f.Format == capture.MJPEG {
		var err error
		if c.buf, err = mjpeg.AppendDecodable(c.buf, f.Data); err != nil {
			return part, err
		}
	} else {
		c.buf = append(c.buf, f.Data...)
	}
	if c.index == 0 && len(c.pending) == 0 {
		c.start = f.Mono
	}
	c.pending = append(c.pending, piece{off, len(c.buf), f.Mono, f.Key})
	return part, nil
}

// finish ends the clip at a moment. It returns the last part, or nil.
func (c *clip) finish(at capture.Mono, e *Event) (*Part, error) {
	c.open = false
	n := len(c.pending)
	if n == 0 {
		return nil, nil
	}
	return c.cut(max(at, c.pending[n-1].at.Add(lastFrame)), e)
}

// cut makes a part of what was collected; its last frame is shown until end.
func (c *clip) cut(end capture.Mono, e *Event) (*Part, error) {
	from := c.pending[0].at
	p := fmp4.Part{
		Track:    c.track,
		Sequence: uint32(c.index + 1),
		Start:    from.Sub(c.start),
		Samples:  make([]fmp4.Sample, len(c.pending)),
	}
	for i, s := range c.pending {
		until := end
		if i+1 < len(c.pending) {
			until = c.pending[i+1].at
		}
		p.Samples[i] = fmp4.Sample{Duration: until.Sub(s.at), Key: s.key, Data: c.buf[s.off:s.end]}
	}
	c.buf, c.pending = c.buf[:0], c.pending[:0]
	data, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	part := &Part{
		Index: c.index, Data: data, MIME: c.track.MIME(),
		Start: e.offset(from), End: e.offset(end), Frames: len(p.Samples),
	}
	c.index++
	c.end = end
	return part, nil
}
