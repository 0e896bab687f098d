package motion

import (
	"math"
	"time"

	"signet/capture"
)

// sizes are the least and the greatest number of watched cells of what counts. Cells are compared rather than boxes, for
// the box of a thin person with a stick is that of a car.
//
// What is too small does not become motion; what has been motion may become small, as somebody does who walks away. What
// is too large is followed, so that its pieces are known and nothing else is taken for them, but it is not motion, nor is
// anything that parted from it within the last second. As all that enters the picture is small at first, nothing is
// motion while it grows by a sixteenth in growTime where a greatest size is set. The zero value allows everything.
type sizes struct {
	least, most int // most 0 is no limit
}

const growTime = 400 * time.Millisecond

func newSizes(c *Config, picture int) sizes {
	s := sizes{least: int(math.Ceil(c.MinSize * float64(picture)))}
	if c.MaxSize != 0 && c.MaxSize < 1 {
		s.most = max(1, int(c.MaxSize*float64(picture)))
	}
	return s
}

// growth is how the size of a track went.
type growth struct {
	peak  int          // cells
	grew  capture.Mono // when peak rose
	large bool         // it was too large once, last at
	last  capture.Mono
}

// allow tells whether region g of a track may be motion; confirmed: it is already.
func (b sizes) allow(k *growth, g *region, confirmed bool, at capture.Mono) bool {
	if b.most > 0 {
		if 16*g.cells > 17*k.peak {
			k.peak, k.grew = g.cells, at
		}
		if g.cells > b.most {
			k.large, k.last = true, at
		}
		if k.large && at.Sub(k.last) < forgetSureTime {
			return false
		}
		if !confirmed && at.Sub(k.grew) < growTime {
			return false
		}
	}
	return confirmed || g.cells >= b.least
}
