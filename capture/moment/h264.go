package moment

import (
	"bytes"
	"errors"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"signet/capture"
)

// Why an access unit cannot be used.
var (
	errNoPicture = errors.New("no picture in the access unit")
	errNoKey     = errors.New("nothing to decode it against")
	errBadSPS    = errors.New("broken parameters")
)

// chain follows a stream of H.264 access units and knows which of them can be decoded.
type chain struct {
	sps, pps []byte
	next     uint64 // number of the frame that would follow
	whole    bool   // every frame since the last key frame has come
}

// accept checks the next access unit and sets f.Key. changed says that the parameters are others than
// before: the pictures do not fit into the same clip.
func (c *chain) accept(f *capture.Frame) (changed bool, err error) {
	if f.Seq != c.next {
		c.whole = false
	}
	c.next = f.Seq + 1

	f.Key = false
	picture, units := false, 0
	for rest := f.Data; ; {
		var unit []byte
		unit, rest = nextUnit(rest)
		if unit == nil {
			break
		}
		units++
		switch h264.NALUType(unit[0] & 0x1F) {
		case h264.NALUTypeSPS:
			if !bytes.Equal(unit, c.sps) {
				var s h264.SPS
				if len(unit) < 4 || s.Unmarshal(unit) != nil {
					c.whole = false
					return false, errBadSPS
				}
				changed = changed || c.sps != nil
				c.sps = bytes.Clone(unit)
			}
		case h264.NALUTypePPS:
			if !bytes.Equal(unit, c.pps) {
				changed = changed || c.pps != nil
				c.pps = bytes.Clone(unit)
			}
		case h264.NALUTypeIDR:
			picture, f.Key = true, true
		case h264.NALUTypeNonIDR:
			picture = true
		}
	}
	switch {
	case !picture:
		c.whole = c.whole && units > 0 // parameters or remarks alone break nothing
		return changed, errNoPicture
	case f.Key && c.sps != nil && c.pps != nil:
		c.whole = true
	case !c.whole:
		return changed, errNoKey
	}
	return changed, nil
}

var startCode = []byte{0, 0, 1}

// nextUnit returns the first unit in Annex B data, without zeros behind it, and what follows.
func nextUnit(b []byte) (unit, rest []byte) {
	for {
		i := bytes.Index(b, startCode)
		if i < 0 {
			return nil, nil
		}
		b = b[i+3:]
		end := len(b)
		if j := bytes.Index(b, startCode); j >= 0 {
			end = j
		}
		unit, rest = b[:end], b[end:]
		for len(unit) > 0 && unit[len(unit)-1] == 0 {
			unit = unit[:len(unit)-1]
		}
		if len(unit) > 0 {
			return unit, rest
		}
		b = rest
	}
}
