package mjpeg

import (
	"errors"
	"fmt"
)

// Markers (T.81 table B.1), each the byte after 0xFF.
const (
	SOF0 = 0xC0 // baseline
	SOF1 = 0xC1 // extended sequential
	SOF2 = 0xC2 // progressive
	DHT  = 0xC4 // Huffman tables
	RST0 = 0xD0 // first of eight restart markers
	RST7 = 0xD7
	SOI  = 0xD8 // start of image
	EOI  = 0xD9 // end of image
	SOS  = 0xDA // start of scan
	DQT  = 0xDB // quantisation tables
	DRI  = 0xDD // restart interval
	APP0 = 0xE0
	com  = 0xFE // comment
	tem  = 0x01
)

// Errors that callers count or branch on.
var (
	// ErrTorn says that an image breaks off or is broken in its structure.
	ErrTorn = errors.New("torn JPEG")
	// ErrNotJPEG says that the bytes do not begin like a JPEG image.
	ErrNotJPEG = errors.New("not a JPEG")
	// ErrTooLarge says that an image is longer, or its picture wider or higher, than is accepted.
	ErrTooLarge = errors.New("JPEG too large")
)

// Segment is one marker with what belongs to it.
type Segment struct {
	Marker  byte
	Payload []byte // without marker and length; nil for a marker that stands alone
	Start   int    // offset of the marker's 0xFF
	Next    int    // offset behind the segment; behind SOS that is where entropy-coded data begin
}

// NextSegment reads the segment at offset at of an image's headers, not inside entropy-coded data.
// It returns an error wrapping ErrTorn when there is none.
func NextSegment(img []byte, at int) (Segment, error) {
	i := at
	if i+1 >= len(img) {
		return Segment{}, fmt.Errorf("%w: ends in its headers", ErrTorn)
	}
	if img[i] != 0xFF {
		return Segment{}, fmt.Errorf("%w: no marker at byte %d", ErrTorn, at)
	}
	for i+1 < len(img) && img[i+1] == 0xFF { // fill bytes
		i++
	}
	if i+1 >= len(img) {
		return Segment{}, fmt.Errorf("%w: ends in its headers", ErrTorn)
	}
	s := Segment{Marker: img[i+1], Start: i, Next: i + 2}
	if standsAlone(s.Marker) {
		return s, nil
	}
	if i+3 >= len(img) {
		return Segment{}, fmt.Errorf("%w: ends in its headers", ErrTorn)
	}
	n := int(img[i+2])<<8 | int(img[i+3])
	if s.Marker == 0 || n < 2 {
		return Segment{}, fmt.Errorf("%w: no marker at byte %d", ErrTorn, at)
	}
	if i+2+n > len(img) {
		return Segment{}, fmt.Errorf("%w: ends in its headers", ErrTorn)
	}
	s.Payload = img[i+4 : i+2+n]
	s.Next = i + 2 + n
	return s, nil
}

func standsAlone(m byte) bool {
	return m == SOI || m == EOI || m == tem || RST0 <= m && m <= RST7
}
