package motion

import (
	"math"
	"time"
)

// When a region that is followed counts as motion.
const (
	confirmTime   = 200 * time.Millisecond // it must have been seen for so long,
	travelCells   = 4                      // and its middle have travelled so far,
	moveCells     = 2                      // or all of it so far in so many frames, and be strong,
	moveFrames    = 2
	largePercent  = 2                      // or cover so much of the picture;
	suddenPercent = 8                      // what is larger than this when first seen may be a lamp,
	suddenTime    = 600 * time.Millisecond // and must keep changing for so long;
	faintPercent  = 40                     // where things blink, it must have had more strong cells than this
	proofTime     = 50 * time.Millisecond  // for so long, divided by how many more, as a share

	keptShare      = 3 // it stays for a frame if one in so many of its cells was there before,
	keptSmall      = 2 // or where it is small, for then that may be chance, one in so many
	smallCells     = 24
	lostStays      = 2                       // so many frames in which it stayed are undone by one in which it did not
	mostStays      = 5                       // more frames do not count
	activeShare    = 20                      // a region stands unless one in so many of its cells changed lately,
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
	x0, y0, x1, y1 int
	trip           trip          // how far the box as a whole has gone since the track began
	proof          time.Duration // see prove
	stays          int           // see stay
	cells          int           // of the last region
	path           extent        // all its boxes until it was confirmed, the last one afterwards
	born           anchor        // where it was first seen, or up to MaxBackdate ago
	later          anchor        // where its past goes on from when born is too old
	seen           Stamp         // last frame with a region of it
	lastActive     Stamp
	growth         growth
}

// anchor is where and when a region was seen.
type anchor struct {
	Stamp
	x, y float64 // of the region's centre
	trip trip
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

// born is the track of a region that nothing led to.
func born(g *region, f *frame) track {
	a := anchor{Stamp: f.Stamp}
	a.x, a.y = g.centre()
	return track{
		live: true, born: a, later: a, seen: f.Stamp, lastActive: f.Stamp,
		sudden: g.cells*100 > f.w*f.h*suddenPercent,
		cells:  g.cells, stays: lostStays - 1, // it cannot have stayed before it came
		x0: g.x0, y0: g.y0, x1: g.x1, y1: g.y1,
	}
}

// judge takes up what region g, the track's own in this frame, shows.
func (k *track) judge(g *region, f *frame) {
	k.seen = f.Stamp
	k.path.cover(g, k.confirmed)
	k.trip.add(gone(k.x0, k.x1, g.x0, g.x1, f.w-1), gone(k.y0, k.y1, g.y0, g.y1, f.h-1))
	k.x0, k.y0, k.x1, k.y1 = g.x0, g.y0, g.x1, g.y1
	k.prove(g, f.step)
	k.stay(g)
	moves := g.active >= max(activeCells, g.cells/activeShare)
	if moves {
		k.lastActive = f.Stamp
	}
	standing := f.At.Sub(k.lastActive.At)
	switch {
	case moves:
		k.absorb = false
	case g.edge*5 < g.was*4: // its outline is in the model and no longer in the picture: it has left
		k.absorb = true
	case !k.confirmed:
		k.absorb = standing >= standTime
	case g.edge*4 < g.was*5:
		k.absorb = standing >= traceTime
	default:
		k.absorb = standing >= restTime
	}
	if !k.confirmed && f.At.Sub(k.later.At) >= MaxBackdate/2 {
		k.born = k.later
		k.later = anchor{Stamp: f.Stamp, trip: k.trip}
		k.later.x, k.later.y = g.centre()
	}
	k.confirmed = !k.absorb && (k.confirmed && k.stays > -mostStays || moves && k.due(g, f))
}

// trip is a way in cells, and in how many frames it was made.
type trip struct{ x, y, frames int }

func (t *trip) add(x, y int) {
	if x != 0 || y != 0 {
		*t = trip{t.x + x, t.y + y, t.frames + 1}
	}
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

// stay counts the frames in which the region has cells that it had in the frame before, less those in which it has few. Drops
// of rain and flakes of snow are elsewhere in the next frame; that another one comes near is chance. Something that comes in
// has more cells in each frame than it can have had.
func (k *track) stay(g *region) {
	n, share := min(g.cells, k.cells), keptShare
	if n < smallCells {
		share = keptSmall
	}
	if share*g.kept >= n {
		k.stays = min(k.stays+1, mostStays)
	} else {
		k.stays = max(k.stays-lostStays, -mostStays)
	}
	k.cells = g.cells
}

// due tells whether the track has lasted and travelled enough.
func (k *track) due(g *region, f *frame) bool {
	age := f.At.Sub(k.born.At) + f.step/4 // frames do not come exactly on time
	if age < confirmTime || k.sudden && age < suddenTime {
		return false
	}
	large := g.cells*100 >= f.w*f.h*largePercent
	if k.stays <= 0 && !large {
		return false
	}
	proven := k.proof >= proofTime
	if g.blinks() && !proven {
		return false
	}
	x, y := g.centre()
	went := trip{k.trip.x - k.later.trip.x, k.trip.y - k.later.trip.y, k.trip.frames - k.later.trip.frames}
	return large ||
		math.Hypot(x-k.born.x, y-k.born.y) >= travelCells ||
		proven && went.frames >= moveFrames && math.Hypot(float64(went.x), float64(went.y)) >= moveCells
}
