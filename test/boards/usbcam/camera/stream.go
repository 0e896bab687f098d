package camera

import (
	"slices"
	"time"

	"signet/test/boards/usbcam/footage"
	"signet/test/boards/usbcam/usbip"
	"signet/test/boards/usbcam/uvc"
)

// minTransfer is the shortest that a payload header fits into, in bytes.
const minTransfer = 12

// stream is one streaming interface: a queue of the host's buffers, and a frame on its way into them.
type stream struct {
	number      int
	formats     []uvc.Format
	negotiation *uvc.Negotiation
	mode        uvc.Mode
	committed   bool
	on          bool // the host waits for frames
	queue       []usbip.Message
	cutter      uvc.Cutter
	parts       [][]byte // of one transfer; its memory is kept
	frame       [][]byte // likewise, of one frame
	due         time.Time
	jpegs       *footage.JPEGs // of the mode's size
	reel        *reel          // where in them, the camera's
	film        *film          // likewise
	raw         raw            // decoded pictures
	faults      faults
	frames      uint64 // sent whole
	bytes       uint64 // of those, without payload headers
	started     uint64 // how often the host began to stream
	waiters     []waiter
}

// waiter is told when so many frames are sent.
type waiter struct {
	frames uint64
	done   chan struct{}
}

func (c *Camera) newStream(number int, formats []uvc.Format, d *darkroom) *stream {
	s := &stream{number: number, formats: formats, reel: &c.reel, film: &c.film}
	s.raw.darkroom = d
	return s
}

// commit sets the stream to a mode.
func (s *stream) commit(c *Camera, m uvc.Mode) {
	s.stop()
	s.mode, s.committed = m, true
	if m.Kind == uvc.H264 {
		return
	}
	for _, j := range c.cfg.Pictures {
		if j.Size == m.Size {
			s.jpegs = j
			s.reel.mount(len(j.Images))
		}
	}
}

// stop ends streaming. What the host still waits for it takes back itself.
func (s *stream) stop() {
	s.on = false
	s.cutter.Stop()
}

// waits says whether nothing but time holds the next frame back.
func (s *stream) waits() bool {
	return s.committed && len(s.queue) > 0 && !s.cutter.Active() && !s.raw.busy()
}

// unlink takes a transfer back; it says whether it was still waiting. The last one ends streaming.
func (s *stream) unlink(victim uint32) bool {
	i := slices.IndexFunc(s.queue, func(m usbip.Message) bool { return m.Seq == victim })
	if i < 0 {
		return false
	}
	s.queue = slices.Delete(s.queue, i, i+1)
	if len(s.queue) == 0 {
		s.stop()
	}
	return true
}

// pump fills the host's buffers as far as frames are due.
func (s *stream) pump(c *Camera, p *plug) error {
	if !s.committed || p.stall != stallNone {
		return nil
	}
	for len(s.queue) > 0 {
		if !s.cutter.Active() && !s.begin(c, time.Now()) {
			return nil
		}
		m := s.queue[0]
		s.queue = slices.Delete(s.queue, 0, 1)
		if m.Length < minTransfer {
			if err := p.conn.Refuse(m.Seq); err != nil {
				return err
			}
			continue
		}
		s.parts, _ = s.cutter.Next(s.parts[:0], m.Length)
		if err := p.conn.Deliver(m.Seq, s.parts...); err != nil {
			return err
		}
		if !s.cutter.Active() {
			s.finish()
			// What was sent is ours again: the next picture may be decoded into it.
			if err := p.conn.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin starts the next frame, if it is due and there.
func (s *stream) begin(c *Camera, now time.Time) bool {
	if !s.on {
		s.on, s.due = true, now
		s.started++
		if s.mode.Kind == uvc.H264 {
			s.film.restart()
		}
	}
	if now.Before(s.due) {
		return false
	}
	if !s.compose(c) {
		return false
	}
	marks := uvc.Marks{Timed: c.cfg.Timed, Time: now.Sub(c.born)}
	s.frame = s.faults.spoil(s.frame, &marks)
	s.cutter.Start(s.frame, marks)
	// Who comes late moves all that follows: there are no bursts.
	if s.due = s.due.Add(s.mode.Interval); s.due.Before(now) {
		s.due = now.Add(s.mode.Interval)
	}
	return true
}

// compose makes s.frame of the next picture. It says false if that is still being decoded.
func (s *stream) compose(c *Camera) bool {
	switch s.mode.Kind {
	case uvc.MJPEG:
		at := s.reel.next(c, s.mode.Interval)
		other := s.jpegs.Images[(at+1)%len(s.jpegs.Images)]
		s.frame = s.faults.jpeg(s.frame[:0], s.jpegs.Images[at], other)
	case uvc.YUYV:
		picture, ok := s.raw.picture(s.jpegs, s.reel.at)
		if !ok {
			return false
		}
		s.reel.next(c, s.mode.Interval)
		s.raw.prepare(s.jpegs, s.reel.at)
		s.frame = append(s.frame[:0], picture)
	case uvc.H264:
		s.frame = s.film.next(s.frame[:0], c)
	}
	return true
}

// finish counts a frame that was sent.
func (s *stream) finish() {
	s.frames++
	for _, p := range s.frame {
		s.bytes += uint64(len(p))
	}
	s.waiters = slices.DeleteFunc(s.waiters, func(w waiter) bool {
		if w.frames > s.frames {
			return false
		}
		close(w.done)
		return true
	})
}
