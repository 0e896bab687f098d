package mjpeg

import "fmt"

// MaxSide is the greatest width and height accepted, in pixels: the picture's memory follows from it.
const MaxSide = 8192

// Header says what an image is, from the segments before its first scan.
type Header struct {
	Width, Height int    // pixels
	SOF           byte   // marker of the frame header: SOF0, SOF1, SOF2, …
	Precision     int    // bits a sample
	Components    []byte // views into the image: three bytes each: id, sampling h<<4|v, table
	HasTables     bool   // at least one DHT came before the scan
	Scan          int    // offset of the first SOS marker
}

// Progressive says whether the image is sent in passes of growing quality. Cameras do not do that.
func (h *Header) Progressive() bool { return h.SOF == SOF2 }

// Subsampling names the chroma subsampling: "4:2:0", "4:2:2", "4:4:4", "4:4:0", "4:1:1", "grey", or
// "other".
func (h *Header) Subsampling() string {
	c := h.Components
	if len(c) == 3 {
		return "grey"
	}
	if len(c) != 9 || c[4] != c[7] {
		return "other"
	}
	y, b := c[1], c[4]
	if b == 0 || b>>4 == 0 || b&15 == 0 || y>>4%(b>>4) != 0 || y&15%(b&15) != 0 {
		return "other"
	}
	switch [2]byte{y >> 4 / (b >> 4), y & 15 / (b & 15)} {
	case [2]byte{1, 1}:
		return "4:4:4"
	case [2]byte{2, 1}:
		return "4:2:2"
	case [2]byte{2, 2}:
		return "4:2:0"
	case [2]byte{1, 2}:
		return "4:4:0"
	case [2]byte{4, 1}:
		return "4:1:1"
	}
	return "other"
}

// Parse reads the headers of the image at the start of img. It does not look whether the scan is whole;
// that is what [End] and [Check] are for. Errors wrap ErrNotJPEG, ErrTorn or ErrTooLarge.
func Parse(img []byte) (Header, error) {
	var h Header
	if !startsImage(img) {
		return h, ErrNotJPEG
	}
	for at := 2; ; {
		s, err := NextSegment(img, at)
		if err != nil {
			return h, err
		}
		at = s.Next
		switch m := s.Marker; {
		case m == DHT:
			h.HasTables = true
		case isSOF(m):
			if err := h.frame(s); err != nil {
				return h, err
			}
		case m == SOS:
			if h.SOF == 0 {
				return h, fmt.Errorf("%w: scan without a frame header", ErrTorn)
			}
			h.Scan = s.Start
			return h, nil
		case m == EOI || m == SOI:
			return h, fmt.Errorf("%w: no scan", ErrTorn)
		}
	}
}

// MaxComponents bounds those of a frame: as many as a scan may have. Cameras send one or three.
const MaxComponents = 4

func (h *Header) frame(s Segment) error {
	p := s.Payload
	if h.SOF != 0 {
		return fmt.Errorf("%w: two frame headers", ErrTorn)
	}
	if len(p) < 6 || len(p) < 6+3*int(p[5]) || p[5] == 0 {
		return fmt.Errorf("%w: short frame header", ErrTorn)
	}
	if p[5] > MaxComponents {
		return fmt.Errorf("%w: %d components, limit %d", ErrTooLarge, p[5], MaxComponents)
	}
	h.SOF = s.Marker
	h.Precision = int(p[0])
	h.Height = int(p[1])<<8 | int(p[2])
	h.Width = int(p[3])<<8 | int(p[4])
	h.Components = p[6 : 6+3*int(p[5])]
	if h.Width == 0 || h.Height == 0 {
		return fmt.Errorf("%w: %dx%d pixels", ErrTorn, h.Width, h.Height)
	}
	if h.Width > MaxSide || h.Height > MaxSide {
		return fmt.Errorf("%w: %dx%d pixels, limit %d a side", ErrTooLarge, h.Width, h.Height, MaxSide)
	}
	return nil
}

// isSOF says whether m begins a frame: C0-CF but for DHT, JPG and DAC.
func isSOF(m byte) bool {
	return 0xC0 <= m && m <= 0xCF && m != DHT && m != 0xC8 && m != 0xCC
}

// Check says whether img is one whole image: headers, a frame, a scan, and an end. Bytes after the end are
// allowed. It returns the header and the image's length without them.
func Check(img []byte) (h Header, n int, err error) {
	if n, err = End(img); err != nil {
		return h, 0, err
	}
	h, err = Parse(img[:n])
	return h, n, err
}
