package motion

import (
	"math"
	"time"
)

const (
	reachPerSecond = 24 // cells that a region may jump in a second beside its own size
	ownWeight      = 8  // a cell of the box itself counts so much more than one that is only in reach
	maxTracks      = maxRegions
)

// frame is what is to be known of a picture beside its regions.
type frame struct {
	Stamp
	step time.Duration // between frames
	w, h int           // cells
}

// tracker follows regions by the overlap of their boxes. A region that falls apart gives each piece
// a copy of its track; where regions meet, the one that has most in common goes on.
type tracker struct {
	tracks  [maxTracks]track
	claims  [maxRegions]claim
	sizes   sizes
	present *present // knows who need not go anywhere; nil: nobody
	novel   bool     // the camera stands further off than it ever did

	flashes bool // much of the picture differs for a moment only
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

// moves tells whether there is motion.
func (t *tracker) moves() bool {
	for i := range t.tracks {
		if t.tracks[i].live && t.tracks[i].confirmed {
			return true
		}
	}
	return false
}

// follow gives each region its track and decides which tracks are motion.
func (t *tracker) follow(regions []region, f *frame) {
	t.forget(f)
	reach := 1 + int(math.Ceil(reachPerSecond*f.step.Seconds()))
	claims := t.claims[:len(regions)]
	for i := range regions {
		claims[i] = t.nearest(&regions[i], reach)
	}
	for i := range regions {
		g := &regions[i]
		switch c := claims[i]; {
		case c.track < 0:
			g.track = t.open(born(g, f))
		case outdone(claims, i):
			g.track = t.open(t.tracks[c.track].piece(g))
		default:
			g.track = c.track
		}
	}
	for i := range regions {
		if g := &regions[i]; g.track >= 0 {
			k := &t.tracks[g.track]
			was := k.confirmed
			k.awaited = t.present != nil && t.present.awaits(g)
			k.judge(g, f)
			if t.novel && !was { // the jolt is what moves
				*k = born(g, f)
			}
			if t.flashes && !k.stays(g) {
				k.confirmed = false
			}
			k.confirmed = t.sizes.allow(&k.growth, g, was, f.At) && k.confirmed
		}
	}
}

// forget frees the tracks that were absorbed or have not been seen for long.
func (t *tracker) forget(f *frame) {
	for i := range t.tracks {
		k := &t.tracks[i]
		limit := forgetTime
		if k.confirmed {
			limit = forgetSureTime
		}
		if k.live && (k.absorb || f.At.Sub(k.seen.At) > max(limit, 2*f.step)) {
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
		if w, h := min(k.x1, g.x1)-max(k.x0, g.x0)+1, min(k.y1, g.y1)-max(k.y0, g.y0)+1; w > 0 && h > 0 {
			common += ownWeight * w * h
		}
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

// sure tells whether the track of a number, or -1, is motion.
func (t *tracker) sure(track int) bool { return track >= 0 && t.tracks[track].confirmed }

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
