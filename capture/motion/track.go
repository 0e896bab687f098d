package motion

import (
	"math"
	"time"
)

// When a region that is followed counts as motion.
const (
	confirmTime   = 200 * time.Millisecond // it must have been seen for so long,
	moveCells     = 2                      // and all of it have gone so far in so many frames, and be strong,
	moveFrames    = 2
	travelCells   = 3                      // or its middle so far, a little in each frame,
	strideSecond  = 10                     // that is so much in a second, or a cell;
	flySecond     = 72                     // what is small and goes further in a second is a drop, an insect, or two things;
	largePercent  = 2                      // or it must cover so much of the picture
	largeTime     = time.Second            // and change for so long without a break.
	suddenPercent = 8                      // What is larger than this when first seen may be a lamp,
	suddenTime    = 600 * time.Millisecond // and must keep changing for so long.
	faintPercent  = 40                     // Where things blink, it must have had more strong cells than this
	proofTime     = 50 * time.Millisecond  // for so long, divided by how many more, as a share.

	activeShare    = 20                      // a region stands unless one in so many of its cells changed lately,
	leftShare      = 5                       // or in so many where it may be the trace of what has left after a while: exposure changes then, too
	leftTime       = 3 * time.Second         // that while
	activeCells    = 2                       // and at least so many
	standTime      = 400 * time.Millisecond  // so long it may stand before it is confirmed
	traceTime      = 600 * time.Millisecond  // afterwards, where it may be a trace of what has left
	restTime       = 10 * time.Second        // and where it is clearly something
	forgetTime     = 300 * time.Millisecond  // out of sight, unconfirmed
	forgetSureTime = 1000 * time.Millisecond // out of sight, confirmed
)

// MaxBackdate is how far a Region's Since lies back at most when it is confirmed. What takes longer to
// travel is not motion.
const MaxBackdate = 5 * time.Second

// track is a region followed from frame to frame.
type track struct {
	live           bool
	confirmed      bool
	absorb         bool // it stands: the model is to take it over in this frame
	sudden         bool // large from its first frame on
	gone           bool // all of it has gone somewhere
	awaited        bool // it is where somebody is
	part           bool // it was part of another: a small one may be what that has left behind
	x0, y0, x1, y1 int
	born           Stamp         // when it was first seen, or up to MaxBackdate ago
	later          Stamp         // when its past begins once born is too old
	seen           Stamp         // last frame with a region of it
	lastActive     Stamp         // last frame in which it changed
	busy           time.Duration // how long it has changed without a break
	trip           trip          // of the box as a whole, since later
	stroll         stroll        // of its middle, since later
	proof          time.Duration // see prove
	kept           int32         // share of its cells that it keeps from frame to frame, x4096
	path           extent        // all its boxes until it was confirmed, the last one afterwards
	growth         growth
}

// extent is a part of the picture in cells, inclusive.
type extent struct{ x0, y0, x1, y1 int }

// cover takes in the box of g, and with anew nothing else.
func (b *extent) cover(g *region, anew bool) {
	if anew || *b == (extent{}) {
		*b = extent{g.x0, g.y0, g.x1, g.y1}
		return
	}
	*b = extent{min(b.x0, g.x0), min(b.y0, g.y0), max(b.x1, g.x1), max(b.y1, g.y1)}
}

// holds tells whether the middle of g is in b.
func (b *extent) holds(g *region) bool {
	x, y := g.centre()
	return int(x) >= b.x0 && int(x) <= b.x1 && int(y) >= b.y0 && int(y) <= b.y1
}

// born is the track of a region that nothing led to.
func born(g *region, f *frame) track {
	k := track{live: true, born: f.Stamp, later: f.Stamp, seen: f.Stamp, lastActive: f.Stamp}
	k.sudden = g.cells*100 > f.w*f.h*suddenPercent
	k = k.piece(g)
	k.part = false
	return k
}

// piece is the track of g, which was a part of what k followed: it is what k was, but has not gone anywhere yet.
func (k track) piece(g *region) track {
	k.x0, k.y0, k.x1, k.y1 = g.x0, g.y0, g.x1, g.y1
	k.part = true
	k.depart(g)
	return k
}

// depart lets the ways of the track begin at g.
func (k *track) depart(g *region) {
	k.trip, k.stroll = trip{}, stroll{}
	k.stroll.atX, k.stroll.atY = g.centre()
}

// judge takes up what region g, the track's own in this frame, shows.
func (k *track) judge(g *region, f *frame) {
	if !k.confirmed && k.flies(g, f.At.Sub(k.seen.At)) {
		*k = born(g, f)
	}
	k.seen = f.Stamp
	k.path.cover(g, k.confirmed)
	k.trip.add(gone(k.x0, k.x1, g.x0, g.x1, f.w-1), gone(k.y0, k.y1, g.y0, g.y1, f.h-1))
	k.stroll.add(g, f.step)
	k.x0, k.y0, k.x1, k.y1 = g.x0, g.y0, g.x1, g.y1
	k.prove(g, f.step)
	k.kept += (int32(g.kept<<12/g.cells) - k.kept) * rate(f.step, keptTime) >> 12
	share := activeShare
	if k.confirmed && (g.edge < g.was || k.part && g.edge*8 < g.was*9) && f.At.Sub(k.born.At) >= leftTime {
		share = leftShare
	}
	moves := g.active >= max(activeCells, g.cells/share)
	k.stand(g, f, moves)
	if !k.confirmed && f.At.Sub(k.later.At) >= MaxBackdate/2 {
		k.born, k.later = k.later, f.Stamp
		k.depart(g)
	}
	k.gone = k.gone && k.confirmed || k.goes()
	if !k.gone && !k.awaited && g.restless(f.w*f.h) {
		k.confirmed = false
	}
	k.confirmed = !k.absorb && (k.confirmed || moves && k.due(g, f))
}

// stand decides whether the model is to take the region over, since it stands.
func (k *track) stand(g *region, f *frame, moves bool) {
	if moves {
		k.lastActive, k.absorb = f.Stamp, false
		k.busy += f.step
		return
	}
	k.busy = 0
	standing := f.At.Sub(k.lastActive.At)
	switch {
	case g.left():
		k.absorb = true
	case !k.confirmed:
		k.absorb = standing >= standTime
	case g.edge*4 < g.was*5 || k.part && g.cells < smallCells:
		k.absorb = standing >= traceTime
	default:
		k.absorb = standing >= restTime
	}
}

// flies tells whether g, which is small, went too far in step to be what the track followed.
func (k *track) flies(g *region, step time.Duration) bool {
	x, y := g.centre()
	return g.cells < smallCells && math.Hypot(x-k.stroll.atX, y-k.stroll.atY) > 1+flySecond*step.Seconds()
}

// trip is a way in cells, and in how many frames it was made, less those that went back.
type trip struct{ x, y, frames int }

func (t *trip) add(x, y int) {
	switch {
	case x == 0 && y == 0:
	case t.x*x+t.y*y >= 0:
		*t = trip{t.x + x, t.y + y, t.frames + 1}
	default:
		*t = trip{t.x + x, t.y + y, max(t.frames-1, 0)}
	}
}

// stroll is the way of a region's middle. Where regions meet and part it jumps; that is no way.
type stroll struct{ atX, atY, x, y float64 }

func (w *stroll) add(g *region, step time.Duration) {
	x, y := g.centre()
	dx, dy := x-w.atX, y-w.atY
	w.atX, w.atY = x, y
	if math.Hypot(dx, dy) > max(1, strideSecond*step.Seconds()) {
		w.x, w.y = 0, 0
		return
	}
	w.x += dx
	w.y += dy
}

// gone is how far both ends of a box have gone: the less of the two, and nothing where one went the other way. Leaves that join
// and part move one end. An end that is at the picture's border, 0 or last, tells nothing.
func gone(was0, was1, is0, is1, last int) int {
	a, b := is0-was0, is1-was1
	switch {
	case is0 == 0 && was0 == 0:
		return b
	case is1 == last && was1 == last:
		return a
	case a > 0 && b > 0:
		return min(a, b)
	case a < 0 && b < 0:
		return max(a, b)
	}
	return 0
}

// prove adds to the proof of a region the time in which it was strong, as far as more than faintPercent of it were. What leaves and
// lamps pretend is faint against what they have done before.
func (k *track) prove(g *region, step time.Duration) {
	strong := time.Duration(100*g.strong/g.cells) - faintPercent
	k.proof = max(k.proof+step*strong/100, -proofTime)
}

// stays tells whether the region stays on its cells from frame to frame, as far as what moves can.
func (k *track) stays(g *region) bool {
	share := int32(keptShare)
	if g.cells < smallCells {
		share = keptSmall
	}
	return share*k.kept >= 1<<12
}

// due tells whether the track has lasted and travelled enough.
func (k *track) due(g *region, f *frame) bool {
	age := f.At.Sub(k.born.At) + f.step/4 // frames do not come exactly on time
	if age < confirmTime || k.sudden && age < suddenTime {
		return false
	}
	if k.awaited {
		return true
	}
	large := g.cells*100 >= f.w*f.h*largePercent
	proven := k.proof >= proofTime
	if g.blinks() && !proven {
		return false
	}
	if k.goes() {
		return true
	}
	if g.restless(f.w * f.h) {
		return false
	}
	return math.Hypot(k.stroll.x, k.stroll.y) >= travelCells || large && k.busy >= largeTime
}

// goes tells whether all of the region has gone somewhere.
func (k *track) goes() bool {
	return k.proof >= proofTime && k.trip.frames >= moveFrames && math.Hypot(float64(k.trip.x), float64(k.trip.y)) >= moveCells ||
		math.Hypot(k.stroll.x, k.stroll.y) >= 2*travelCells
}
