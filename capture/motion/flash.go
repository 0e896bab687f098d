package motion

import "time"

// flash is how much of the picture differs for a moment only: rain, snow, the noise of a dark picture. Each drop is gone in the
// next frame, but there is another one near by, and they pass for something that goes from one to the other. Where
// that goes on, only a region that stays on its own cells from frame to frame is one thing. Elsewhere no such thing is asked
// for: at five frames a second a car is not twice in the same place.
type flash struct {
	was   []byte // mask of the last frame
	cells int    // of all regions that are not large, in this frame
	kept  int    // of them, in the last one as well
	level int32  // cells that were not, x256, on the average
}

const (
	flashTime    = time.Second // until it is forgotten
	flashRise    = 200 * time.Millisecond
	flashPercent = 1 // of the picture: more of it flashes in rain, less where things move
	keptTime     = time.Second
	keptShare    = 3  // one in so many of its cells a thing keeps from one frame to the next,
	keptSmall    = 2  // or one in so many where it has fewer cells
	smallCells   = 24 // than these, for then it may be chance
)

func (f *flash) resize(n int) { f.was = make([]byte, n) }

func (f *flash) restart() {
	clear(f.was)
	f.level = 0
}

// add counts a region in, whatever it is taken for.
func (f *flash) add(g *region, picture int) {
	if g.cells*100 < picture*largePercent {
		f.cells += g.cells
		f.kept += g.kept
	}
}

// take counts a frame in.
func (f *flash) take(step time.Duration) {
	n, t := int32(f.cells-f.kept)<<8, flashTime
	if n > f.level {
		t = flashRise
	}
	f.level += int32(int64(n-f.level) * int64(rate(step, t)) >> 12)
}

// goesOn tells whether more than single things flash.
func (f *flash) goesOn(picture int) bool { return int(f.level>>8)*100 > picture*flashPercent }
