// Package annexb reads H.264 in the byte stream format, as cameras send it (ITU-T H.264, Annex B).
package annexb

import (
	"bytes"
	"iter"
)

// Kinds of NAL unit that somebody here asks for (ITU-T H.264, table 7-1).
const (
	NonIDR    = 1 // slice of a picture that needs others
	IDR       = 5 // slice of a picture that stands alone
	SPS       = 7
	PPS       = 8
	Delimiter = 9
)

// Kind returns the kind of a NAL unit, which must not be empty.
func Kind(unit []byte) int { return int(unit[0] & 0x1F) }

var startCode = []byte{0, 0, 1}

// Units yields the NAL units in b, views into it without start codes. What stands before the first start code, and
// zeros behind a unit, are passed over; units without a byte, too.
func Units(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		at := bytes.Index(b, startCode)
		for at >= 0 {
			b = b[at+len(startCode):]
			unit := b
			if at = bytes.Index(b, startCode); at >= 0 {
				unit = b[:at]
			}
			// Trailing zeros, or the first byte of a start code of four. A unit itself never ends in one (7.4.1).
			if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 && !yield(unit) {
				return
			}
		}
	}
}
