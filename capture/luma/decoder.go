package luma

import (
	"errors"
	"fmt"

	"signet/capture"
)

// ErrUnsupported says that a frame is of a kind that no camera should send for motion: progressive,
// arithmetic-coded, 12-bit, H.264.
var ErrUnsupported = errors.New("unsupported picture")

// BrokenError says that the entropy-coded data of a frame break off or make no sense.
type BrokenError struct {
	Rows int    // rows of cells from the top that are good; the others hold what they held before
	Why  string // "ends too early", "invalid code", …
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("broken scan after %d rows of cells: %s", e.Rows, e.Why)
}

// Decoder makes 1/8-scale grey pictures. It keeps its memory and, while a camera sends the same ones, its
// Huffman tables. The zero Decoder is ready. It is not for concurrent use.
type Decoder struct {
	jpeg jpegDecoder
}

// Decode sets p to the 1/8-scale grey picture of f, reusing p's memory.
//
// If p had the size of f already and the frame breaks off, p keeps its old values below the last good row,
// and the error is a *BrokenError. Any other error leaves p without meaning: one wrapping ErrUnsupported,
// or of package mjpeg (ErrTorn, ErrNotJPEG, ErrTooLarge).
func (d *Decoder) Decode(p *Plane, f *capture.Frame) error {
	var err error
	switch f.Format {
	case capture.MJPEG:
		err = d.jpeg.decode(p, f.Data)
	case capture.YUYV, capture.UYVY, capture.NV12, capture.YU12, capture.GREY:
		err = average(p, f)
	default:
		err = fmt.Errorf("%w: format %q", ErrUnsupported, f.Format)
	}
	if err != nil {
		return fmt.Errorf("decode luma: %w", err)
	}
	return nil
}
