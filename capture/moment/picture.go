package moment

import (
	"fmt"

	"signet/capture"
	"signet/capture/compress"
)

// Qualities that are tried until a small picture is short enough; the last one is taken in any case.
var qualities = [...]int{80, 65, 50, 35, 20}

// Picture returns what a frame shows as a JPEG of at most width pixels across and, but for pictures of pure noise, at most limit
// bytes. H.264 is not decoded: an error says so.
func Picture(f *capture.Frame, width, limit int) ([]byte, error) {
	if f.Format == capture.H264 {
		return nil, fmt.Errorf("make picture: frame %d is %s", f.Seq, f.Format)
	}
	var p pictures
	jpeg, _, err := p.make(f, width, limit)
	if err != nil {
		return nil, fmt.Errorf("make picture of frame %d: %w", f.Seq, err)
	}
	return jpeg, nil
}

// pictures makes small pictures and keeps the memory that this takes.
type pictures struct {
	shrinker shrinker
	encoder  compress.Encoder
	work     []byte
}

// make is Picture. The JPEG, and the raw frame that was encoded, are valid until the next call.
func (p *pictures) make(f *capture.Frame, width, limit int) (jpeg []byte, small *capture.Frame, err error) {
	if small, err = p.shrinker.shrink(f, width); err != nil {
		return nil, nil, err
	}
	for _, q := range qualities {
		if p.work, err = p.encoder.Append(p.work[:0], small, q); err != nil {
			return nil, nil, err
		}
		if len(p.work) <= limit {
			break
		}
	}
	return p.work, small, nil
}
