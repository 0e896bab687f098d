package mjpeg

import (
	"bytes"
	"fmt"
)

// End returns the length of the image at the start of b: the offset behind its EOI. Bytes after it,
// padding or another image, are not looked at; images embedded in segments (a thumbnail in APP1) are
// stepped over by the segment's length.
//
// It returns an error wrapping ErrNotJPEG if b does not begin with an image, and one wrapping ErrTorn if
// the image has no scan or breaks off.
func End(b []byte) (int, error) {
	if !startsImage(b) {
		return 0, ErrNotJPEG
	}
	w := walker{pos: 2}
	switch w.walk(b) {
	case walkEnd:
		return w.pos, nil
	case walkMore:
		return 0, fmt.Errorf("%w: breaks off after %d bytes", ErrTorn, len(b))
	}
	return 0, fmt.Errorf("%w: broken at byte %d", ErrTorn, w.pos)
}

// startsImage says whether b begins with SOI and a further marker.
func startsImage(b []byte) bool {
	return len(b) >= 3 && b[0] == 0xFF && b[1] == SOI && b[2] == 0xFF
}

type walkResult int

const (
	walkMore walkResult = iota // b ended first; call again with more bytes
	walkEnd                    // pos is behind EOI
	walkTorn                   // what stands at pos cannot be part of this image
)

// walker finds the end of one image, and can go on where it stopped when more bytes have come. Only
// markers are looked at, so it costs one search for 0xFF over the scan.
type walker struct {
	pos    int  // next byte to look at; may lie behind the end of b, within a segment to be skipped
	seg    int  // where the last segment began that was skipped
	inScan bool // in entropy-coded data
	scans  int
	frames int // frame headers; a second one is that of another image
}

func (w *walker) walk(b []byte) walkResult {
	for {
		if w.inScan {
			if w.pos > len(b) {
				return walkMore
			}
			i := bytes.IndexByte(b[w.pos:], 0xFF)
			if i < 0 {
				w.pos = len(b)
				return walkMore
			}
			w.pos += i
			if w.pos+1 >= len(b) {
				return walkMore
			}
			switch m := b[w.pos+1]; {
			case m == 0 || RST0 <= m && m <= RST7:
				w.pos += 2
			case m == 0xFF:
				w.pos++
			default:
				w.inScan = false
			}
			continue
		}
		if w.pos+1 >= len(b) {
			return walkMore
		}
		if b[w.pos] != 0xFF {
			return walkTorn
		}
		switch m := b[w.pos+1]; {
		case m == 0xFF:
			w.pos++
		case m == EOI:
			if w.scans == 0 {
				return walkTorn
			}
			w.pos += 2
			return walkEnd
		case m == SOI || m == 0:
			return walkTorn
		case standsAlone(m):
			w.pos += 2
		default:
			if w.pos+3 >= len(b) {
				return walkMore
			}
			n := int(b[w.pos+2])<<8 | int(b[w.pos+3])
			if n < 2 {
				return walkTorn
			}
			if isSOF(m) {
				if w.frames++; w.frames > 1 {
					return walkTorn
				}
			}
			w.seg = w.pos
			w.pos += 2 + n
			if m == SOS {
				w.inScan = true
				w.scans++
			}
		}
	}
}
