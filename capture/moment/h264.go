package moment

import (
	"bytes"
	"errors"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"signet/capture"
	"signet/capture/annexb"
)

// Why an access unit cannot be used.
var (
	errNoPicture = errors.New("no picture in the access unit")
	errNoKey     = errors.New("nothing to decode it against")
	errBadSets   = errors.New("broken parameters")
	errManySets  = errors.New("several parameter sets of one kind")
)

// maxSet bounds a parameter set, in bytes. Those of cameras have 10 to 50.
const maxSet = 1024

// chain follows a stream of H.264 access units and knows which of them can be decoded.
type chain struct {
	sps, pps []byte
	next     uint64        // number of the frame that would follow
	whole    bool          // every frame since the last key frame has come
	complete capture.Frame // a key frame with its parameter sets
}

// again returns a chain of the same stream that begins at its next key frame: cameras may send their parameters but once.
func (c *chain) again() chain { return chain{sps: c.sps, pps: c.pps, next: c.next} }

// sets are the parameter sets in one access unit.
type sets struct{ sps, pps []byte }

// accept checks the next access unit. It returns the unit to go on with, valid until the next call: f itself, with
// f.Key set, or for a key frame that came without parameter sets one that has them, because a viewer or a part of
// the clip may begin there. changed says that the parameters are others than before: pictures from now on do not
// fit into the same clip, and none can be decoded until a key frame.
func (c *chain) accept(f *capture.Frame) (out *capture.Frame, changed bool, err error) {
	if f.Seq != c.next {
		c.whole = false
	}
	c.next = f.Seq + 1

	f.Key = false
	var in sets
	picture, units := false, 0
	for u := range annexb.Units(f.Data) {
		units++
		switch annexb.Kind(u) {
		case annexb.SPS:
			err = errors.Join(err, in.set(&in.sps, u))
		case annexb.PPS:
			err = errors.Join(err, in.set(&in.pps, u))
		case annexb.IDR:
			picture, f.Key = true, true
		case annexb.NonIDR:
			picture = true
		}
	}
	if err == nil {
		changed, err = c.keep(&in)
	}
	switch {
	case err != nil:
		c.whole = false
		return nil, changed, err
	case changed:
		c.whole = false
	}
	switch {
	case !picture:
		c.whole = c.whole && units > 0 // parameters or remarks alone break nothing
		return nil, changed, errNoPicture
	case f.Key && c.sps != nil && c.pps != nil:
		c.whole = true
		if in.sps == nil || in.pps == nil {
			return c.completed(f), changed, nil
		}
	case !c.whole:
		return nil, changed, errNoKey
	}
	return f, changed, nil
}

// set takes a parameter set of an access unit, which may be repeated in it but must be the only one of its kind: a
// clip's header has place for one.
func (s *sets) set(to *[]byte, unit []byte) error {
	switch {
	case len(unit) > maxSet:
		return errBadSets
	case *to != nil && !bytes.Equal(*to, unit):
		return errManySets
	}
	*to = unit
	return nil
}

// keep takes over the parameter sets of an access unit. It says whether they replace others.
func (c *chain) keep(in *sets) (changed bool, err error) {
	if in.sps != nil && !bytes.Equal(in.sps, c.sps) {
		var s h264.SPS
		if len(in.sps) < 4 || s.Unmarshal(in.sps) != nil {
			return false, errBadSets
		}
		changed = c.sps != nil
		c.sps = bytes.Clone(in.sps)
	}
	if in.pps != nil && !bytes.Equal(in.pps, c.pps) {
		changed = changed || c.pps != nil
		c.pps = bytes.Clone(in.pps)
	}
	return changed, nil
}

// completed returns a key frame with the parameter sets in front, but behind a delimiter, which is always first.
func (c *chain) completed(f *capture.Frame) *capture.Frame {
	b, done := c.complete.Data[:0], false
	for u := range annexb.Units(f.Data) {
		if !done && annexb.Kind(u) != annexb.Delimiter {
			b, done = appendUnit(appendUnit(b, c.sps), c.pps), true
		}
		b = appendUnit(b, u)
	}
	c.complete = *f
	c.complete.Data = b
	return &c.complete
}

func appendUnit(b, unit []byte) []byte {
	return append(append(b, 0, 0, 0, 1), unit...)
}
