package motion

import (
	"math"
	"time"
)

// When a region that is followed counts as motion.
const (
	confirmTime   = 200 * time.Millisecond // it must have been seen for so long,
	travelCells   = 4                      // and have travelled so far,
	largePercent  = 2                      // or cover so much of the picture;
	suddenPercent = 8                      // what is larger than this when first seen may be a lamp,
	suddenTime    = 600 * time.Millisecond // and must keep changing for so long

	activeShare    = 20                      // a region stands unless one in so many of its cells changed lately,
	activeCells    = 2                       // and at least so many
	standTime      = 400 * time.Millisecond  // so long it may stand before it is confirmed
	traceTime      = 600 * time.Millisecond  // afterwards, where it may be a trace of what has left
	restTime       = 10 * time.Second        // and where it is clearly something
	forgetTime     = 300 * time.Millisecond  // out of sight, unconfirmed
	forgetSureTime = 1000 * time.Millisecond // out of sight, confirmed
	reachPerSecond = 24                      // cells that it may jump in a second beside its own size
	maxTracks      = maxRegions
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
	path           extent // all its boxes until it was confirmed, the last one afterwards
	born           anchor // where it was first seen, or up to MaxBackdate ago
	later          anchor // where its past goes on from when born is too old
	seen           Stamp  // last frame with a region of it
	lastActive     Stamp
	growth         growth
}

// tracker follows regions by the overlap of their boxes. A region that falls apart gives each piece
// a copy of its track; where regions meet, the one that has most in common goes on.
type tracker struct {
	tracks [maxTracks]track
	claims [maxRegions]claim
	sizes  sizes
	shaken bool // the camera stands elsewhere in this frame,
	hold   bool // and does so for the first time
}

// anchor is where and when a region was seen.
type anchor struct {
	Stamp
	x, y float64
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

// claim is what a region has in common with a track of the last frame.
type claim struct{ track, common int }

func (t *tracker) restart() { clear(t.tracks[:]) }

// follows tells whether there is a track.
func (t *tracker) follows() bool {
	for i := range t.tracks {
		if t.tracks[i].live {
			return true
		}
	}
	return false
}

// follow gives each region its track and decides which tracks are motion.
func (t *tracker) follow(regions []region, s Stamp, step time.Duration, picture int) {
	t.forget(s, step)
	reach := 1 + int(math.Ceil(reachPerSecond*step.Seconds()))
	claims := t.claims[:len(regions)]
	for i := range regions {
		claims[i] = t.nearest(&regions[i], reach)
	}
	for i := range regions {
		g := &regions[i]
		switch c := claims[i]; {
		case c.track < 0:
			g.track = t.open(born(g, s, picture))
		case outdone(claims, i):
			g.track = t.open(t.tracks[c.track])
		default:
			g.track = c.track
		}
	}
	for i := range regions {
		if g := &regions[i]; g.track >= 0 {
			k := &t.tracks[g.track]
			was := k.confirmed
			k.judge(g, s, step, picture)
			if k.absorb && t.shaken { // what is there now is not what will be
				k.absorb, k.confirmed = false, was
			}
			k.confirmed = k.confirmed && (was || !t.hold)
			k.confirmed = t.sizes.allow(&k.growth, g, was, s.At) && k.confirmed
		}
	}
}

// forget frees the tracks that were absorbed or have not been seen for long.
func (t *tracker) forget(s Stamp, step time.Duration) {
	for i := range t.tracks {
		k := &t.tracks[i]
		limit := forgetTime
		if k.confirmed {
			limit = forgetSureTime
		}
		if k.live && (k.absorb || s.At.Sub(k.seen.At) > max(limit, 2*step)) {
			*k = track{}
		}
	}
}

// nearest returns the track whose box, widened by reach, has most in common with g; track -1 for none.
func (t *tracker) nearest(g *region, reach int) claim {
	best := claim{track: -1}
	for i := range t.tracks {
		k := &t.tracks[i]
		if !k.live {
			continue
		}
		w := min(k.x1+reach, g.x1) - max(k.x0-reach, g.x0) + 1
		h := min(k.y1+reach, g.y1) - max(k.y0-reach, g.y0) + 1
		if w <= 0 || h <= 0 {
			continue
		}
		common := w * h
		if k.confirmed {
			common *= 2
		}
		if common > best.common {
			best = claim{i, common}
		}
	}
	return best
}

// outdone tells that another region has more in common with the track that region i claims.
func outdone(claims []claim, i int) bool {
	for j, c := range claims {
		if c.track == claims[i].track && (c.common > claims[i].common || c.common == claims[i].common && j < i) {
			return true
		}
	}
	return false
}

// open takes a free place for k; -1 when there is none.
func (t *tracker) open(k track) int {
	for i := range t.tracks {
		if !t.tracks[i].live {
			t.tracks[i] = k
			return i
		}
	}
	return -1
}

// born is the track of a region that nothing led to.
func born(g *region, s Stamp, picture int) track {
	a := anchor{Stamp: s}
	a.x, a.y = g.centre()
	return track{
		live: true, born: a, later: a, seen: s, lastActive: s,
		sudden: g.cells*100 > picture*suddenPercent,
	}
}

// judge takes up what region g, the track's own in this frame, shows.
func (k *track) judge(g *region, s Stamp, step time.Duration, picture int) {
	k.seen = s
	k.path.cover(g, k.confirmed)
	k.x0, k.y0, k.x1, k.y1 = g.x0, g.y0, g.x1, g.y1
	moves := g.active >= max(activeCells, g.cells/activeShare)
	if moves {
		k.lastActive = s
	}
	standing := s.At.Sub(k.lastActive.At)
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
	if !k.confirmed && s.At.Sub(k.later.At) >= MaxBackdate/2 {
		k.born, k.later.Stamp = k.later, s
		k.later.x, k.later.y = g.centre()
	}
	k.confirmed = !k.absorb && (k.confirmed || moves && k.due(g, s, step, picture))
}

// due tells whether the track has lasted and travelled enough.
func (k *track) due(g *region, s Stamp, step time.Duration, picture int) bool {
	age := s.At.Sub(k.born.At) + step/4 // frames do not come exactly on time
	if age < confirmTime || k.sudden && age < suddenTime {
		return false
	}
	x, y := g.centre()
	return g.cells*100 >= picture*largePercent || math.Hypot(x-k.born.x, y-k.born.y) >= travelCells
}
