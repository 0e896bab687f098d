package perturb

import (
	"math"
	"time"
)

// Focus is a lens that hunts: the picture gets soft and sharp again.
type Focus struct {
	Pixels float64       // of blur, each way, at the worst
	Every  time.Duration // from hunt to hunt; the first one at the start
	Hunt   time.Duration // from sharp to sharp

	mid []byte
}

// Apply implements Effect.
func (e *Focus) Apply(f *Frame) {
	t := float64(f.At%e.Every) / float64(e.Hunt)
	if t >= 1 {
		return
	}
	r := e.Pixels * math.Abs(math.Sin(2*math.Pi*t)) // through the focus to the other side
	if len(e.mid) < len(f.Y) {
		e.mid = make([]byte, len(f.Y))
	}
	w, h := f.chroma()
	e.blur(f.Y, f.W, f.H, r)
	e.blur(f.Cb, w, h, r/2)
	e.blur(f.Cr, w, h, r/2)
}

// blur averages over 2r+1 pixels in both directions; of the outermost ones a part is taken.
func (e *Focus) blur(pix []byte, w, h int, r float64) {
	whole := int(r)
	part := int(256 * (r - float64(whole)))
	line := func(dst, src []byte, n, step int) {
		at := func(i int) int { return int(src[min(max(i, 0), n-1)*step]) }
		sum := 0
		for i := -whole; i <= whole; i++ {
			sum += at(i)
		}
		all := 256*(2*whole+1) + 2*part
		for i := range n {
			outer := at(i-whole-1) + at(i+whole+1)
			dst[i*step] = byte((256*sum + part*outer + all/2) / all)
			sum += at(i+whole+1) - at(i-whole)
		}
	}
	mid := e.mid[:w*h]
	for y := range h {
		line(mid[y*w:], pix[y*w:], w, 1)
	}
	for x := range w {
		line(pix[x:], mid[x:], h, w)
	}
}

// WhiteBalance is a camera that cannot decide which colour white has.
type WhiteBalance struct {
	Seed   uint64
	Levels float64       // of chroma, farthest
	Every  time.Duration // from one decision to the next, made in a third of it
}

// Apply implements Effect.
func (e WhiteBalance) Apply(f *Frame) {
	n, t := int64(f.At/e.Every), float64(f.At%e.Every)/float64(e.Every)
	at := func(n int64, which int64) float64 {
		if n < 0 {
			return 0
		}
		return e.Levels * (2*chance(e.Seed, n, which) - 1)
	}
	mix := func(which int64) int {
		was, is := at(n-1, which), at(n, which)
		return int(math.Round(was + (is-was)*ease(3*t)))
	}
	cb, cr := mix(0), mix(1)
	f.tint(cb, cr)
}
