package uvc

import (
	"encoding/binary"
	"time"
)

// Bits of a payload header (UVC 2.4.3.3).
const (
	bitFrameID     = 1 << 0
	bitEndOfFrame  = 1 << 1
	bitPTS         = 1 << 2
	bitSCR         = 1 << 3
	bitError       = 1 << 6
	bitEndOfHeader = 1 << 7
)

// Marks say what the payload headers of a frame carry beside the frame id.
type Marks struct {
	NoEnd bool          // the last payload does not say that it is the last
	Error bool          // every payload says that it is broken
	Timed bool          // presentation time and source clock
	Time  time.Duration // of the frame, on the camera's clock
}

// headers is for how many transfers what Next returned stays valid.
const headers = 8

// Cutter cuts frames into payloads, and payloads into transfers. A payload ends with a transfer that is not
// filled, or at PayloadSize. Its bytes are never copied: what it returns are views. It is not for concurrent
// use, and the zero Cutter is ready.
type Cutter struct {
	frame   [][]byte // its pieces; those before at are sent
	at      int
	rest    int // bytes that are not sent
	marks   Marks
	id      byte // frame id, toggles
	headers [headers][12]byte
	header  int  // the next one to be used
	payload int  // bytes of the current payload that are not sent
	full    bool // the current payload is of PayloadSize
	open    bool // the host waits for more of the current payload
	active  bool
}

// Start begins a frame, given in pieces, which must not change until it is sent. A frame that was under
// way is given up.
func (c *Cutter) Start(frame [][]byte, m Marks) {
	c.frame, c.at, c.marks, c.rest = append(c.frame[:0], frame...), 0, m, 0
	for _, p := range frame {
		c.rest += len(p)
	}
	c.id ^= bitFrameID
	c.payload, c.open, c.active = 0, false, true
}

// Stop gives up the frame under way.
func (c *Cutter) Stop() { c.rest, c.payload, c.open, c.active = 0, 0, false, false }

// Active says whether a frame is under way.
func (c *Cutter) Active() bool { return c.active }

// Next appends to dst the pieces that fill a transfer of room bytes, which is at least the header's size,
// and says how many bytes that are. When all of the frame is sent it is no longer active. Of the pieces, the
// header is overwritten by the eighth call after this.
func (c *Cutter) Next(dst [][]byte, room int) ([][]byte, int) {
	n := 0
	if !c.open {
		head := c.head()
		dst, n = append(dst, head), len(head)
		c.payload = min(c.rest, PayloadSize-len(head))
		c.full = c.payload == PayloadSize-len(head)
	}
	data := min(c.payload, room-n)
	c.payload -= data
	c.rest -= data
	n += data
	for data > 0 {
		piece := c.frame[c.at]
		if len(piece) > data {
			c.frame[c.at], piece = piece[data:], piece[:data]
		} else {
			c.at++
		}
		if len(piece) > 0 {
			dst = append(dst, piece)
		}
		data -= len(piece)
	}
	// A filled transfer does not end a payload unless that has its greatest size.
	c.open = c.payload > 0 || n == room && !c.full
	c.active = c.open || c.rest > 0
	return dst, n
}

// head makes the header of the payload that begins.
func (c *Cutter) head() []byte {
	h := c.headers[c.header][:2]
	bits := c.id | bitEndOfHeader
	if c.marks.Timed {
		// The source clock is the camera's too, and its frame counter counts milliseconds (UVC 2.4.3.3).
		h = h[:12]
		now := uint32(c.marks.Time.Microseconds() * (clockHz / 1_000_000))
		binary.LittleEndian.PutUint32(h[2:], now)
		binary.LittleEndian.PutUint32(h[6:], now)
		binary.LittleEndian.PutUint16(h[10:], uint16(c.marks.Time.Milliseconds()&0x7FF))
		bits |= bitPTS | bitSCR
	}
	if c.marks.Error {
		bits |= bitError
	}
	if c.rest <= PayloadSize-len(h) && !c.marks.NoEnd {
		bits |= bitEndOfFrame
	}
	h[0], h[1] = byte(len(h)), bits
	c.header = (c.header + 1) % headers
	return h
}
