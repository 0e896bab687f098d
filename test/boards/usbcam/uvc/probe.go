package uvc

import (
	"encoding/binary"
	"time"
)

// Selectors of a streaming interface (UVC A.9.6).
const (
	Probe  = 1
	Commit = 2
)

// PayloadSize is the greatest length of one payload, its header included: what Linux makes one transfer of
// (32 packets).
const PayloadSize = 32 * bulkPacket

// Mode is what host and camera agreed on for a stream.
type Mode struct {
	Kind Kind
	Frame
	Interval time.Duration // from picture to picture
}

// Negotiation is how a stream comes to its mode (UVC 4.3.1.1): the host proposes by PROBE, the camera
// corrects, the host commits. It is not for concurrent use.
type Negotiation struct {
	version   Version
	formats   []Format
	proposal  choice
	committed *choice
}

// choice is a mode by its indices, counted from 0.
type choice struct {
	format, frame int
	interval      time.Duration
}

// NewNegotiation is about the formats of one stream.
func NewNegotiation(v Version, formats []Format) *Negotiation {
	n := &Negotiation{version: v, formats: formats}
	n.proposal = n.fit(0, 0, 0)
	return n
}

// size is that of a proposal in bytes.
func (n *Negotiation) size() int {
	if n.version >= V1_1 {
		return 34
	}
	return 26
}

// Mode returns what the host committed to; false before it has.
func (n *Negotiation) Mode() (Mode, bool) {
	if n.committed == nil {
		return Mode{}, false
	}
	c := *n.committed
	f := n.formats[c.format]
	return Mode{Kind: f.Kind, Frame: f.Frames[c.frame], Interval: c.interval}, true
}

// Get answers a request to read. A fault means STALL.
func (n *Negotiation) Get(request, selector byte) ([]byte, Fault) {
	if selector != Probe && selector != Commit {
		return nil, InvalidControl
	}
	c := n.proposal
	switch request {
	case GetCur:
		if selector == Commit && n.committed != nil {
			c = *n.committed
		}
		return n.encode(c), OK
	case GetMin, GetMax, GetDef:
		if selector == Commit {
			return nil, InvalidRequest
		}
		intervals := n.formats[c.format].Frames[c.frame].Intervals
		switch request {
		case GetMin:
			c.interval = intervals[0]
		case GetMax:
			c.interval = intervals[len(intervals)-1]
		case GetDef:
			c = n.fit(0, 0, 0)
		}
		return n.encode(c), OK
	case GetLen:
		return []byte{byte(n.size()), 0}, OK
	case GetInfo:
		return []byte{canGet | canSet}, OK
	}
	return nil, InvalidRequest
}

// Set answers a request to write. A proposal is corrected to the nearest that the camera has; a commitment
// must be exact. A fault means STALL.
func (n *Negotiation) Set(selector byte, data []byte) Fault {
	if selector != Probe && selector != Commit {
		return InvalidControl
	}
	if len(data) != n.size() {
		return InvalidRequest
	}
	wanted := choice{
		format:   int(data[2]) - 1,
		frame:    int(data[3]) - 1,
		interval: time.Duration(binary.LittleEndian.Uint32(data[4:])) * 100,
	}
	c := n.fit(wanted.format, wanted.frame, wanted.interval)
	if selector == Probe {
		n.proposal = c
		return OK
	}
	if c.format != wanted.format || c.frame != wanted.frame || ticks(c.interval) != ticks(wanted.interval) {
		return OutOfRange
	}
	n.proposal, n.committed = c, &c
	return OK
}

// fit returns the nearest that the camera has.
func (n *Negotiation) fit(format, frame int, interval time.Duration) choice {
	if format < 0 || format >= len(n.formats) {
		format = 0
	}
	f := &n.formats[format]
	if frame < 0 || frame >= len(f.Frames) {
		frame = 0
	}
	c := choice{format: format, frame: frame, interval: f.Frames[frame].Intervals[0]}
	if interval == 0 { // the camera's default
		return c
	}
	for _, i := range f.Frames[frame].Intervals {
		if (i - interval).Abs() < (c.interval - interval).Abs() {
			c.interval = i
		}
	}
	return c
}

// encode makes the bytes of a choice (UVC table 4-47).
func (n *Negotiation) encode(c choice) []byte {
	f := &n.formats[c.format]
	b := make([]byte, n.size())
	binary.LittleEndian.PutUint16(b, 1) // hint: the interval is kept
	b[2], b[3] = byte(c.format+1), byte(c.frame+1)
	binary.LittleEndian.PutUint32(b[4:], uint32(ticks(c.interval)))
	binary.LittleEndian.PutUint16(b[16:], 50) // delay, ms
	binary.LittleEndian.PutUint32(b[18:], uint32(f.Kind.bytes(f.Frames[c.frame].Size)))
	binary.LittleEndian.PutUint32(b[22:], PayloadSize)
	if n.version >= V1_1 {
		const frameIDs, endsOfFrame = 1, 2
		binary.LittleEndian.PutUint32(b[26:], clockHz)
		b[30] = frameIDs | endsOfFrame
		b[31], b[32], b[33] = 1, 1, 1 // versions of the payload format: preferred, lowest, highest
	}
	return b
}
