package scene

import (
	"cmp"
	"math"
	"math/rand/v2"
)

// Walk is one passage of the person through the picture.
type Walk struct {
	From, To uint64 // frames [From, To) in which the person is, at least in part, in the picture, and moves

	fps     float64
	foot    float32 // y of the ground that is walked on
	right   bool    // from left to right
	speed   float32 // pixels per second
	clothes int
}

// Times of the plan, in seconds.
const (
	firstWalk          = 8.0 // unless the options say otherwise
	walkMin, walkMax   = 6.0, 8.0
	pauseMin, pauseMax = 15.0, 25.0
)

// plan goes through the walks of a scene.
type plan struct {
	seed uint64
	fps  float64
	n    uint64 // of the walk cur
	cur  Walk
}

func newPlan(o Options) plan {
	p := plan{seed: o.Seed, fps: o.FPS}
	p.cur = p.walk(0, uint64(cmp.Or(o.FirstWalk.Seconds(), firstWalk)*o.FPS))
	return p
}

// walk makes the n-th walk, beginning at frame from.
func (p *plan) walk(n, from uint64) Walk {
	rng := rand.New(rand.NewPCG(p.seed, n))
	w := Walk{
		From:    from,
		fps:     p.fps,
		foot:    390 + 50*rng.Float32(),
		right:   rng.IntN(2) == 0,
		clothes: rng.IntN(len(wardrobe)),
	}
	seconds := walkMin + (walkMax-walkMin)*rng.Float64()
	w.speed = (Width + 2*w.reach()) / float32(seconds)
	w.To = from + uint64(math.Ceil(seconds*p.fps))
	return w
}

// at returns the walk of frame i, if there is one. i must not fall from call to call.
func (p *plan) at(i uint64) (Walk, bool) {
	for i >= p.cur.To {
		pause := pauseMin + (pauseMax-pauseMin)*rand.New(rand.NewPCG(p.seed^0xA5A5, p.n)).Float64()
		p.n++
		p.cur = p.walk(p.n, p.cur.To+uint64(pause*p.fps))
	}
	return p.cur, i >= p.cur.From
}

// Walks returns the walks that begin before frame end of the scene with these options: the truth for
// measuring a detector.
func Walks(o Options, end uint64) []Walk {
	if o.FPS == 0 {
		o.FPS = defaultFPS
	}
	var walks []Walk
	for p := newPlan(o); p.cur.From < end; {
		walks = append(walks, p.cur)
		p.at(p.cur.To)
	}
	return walks
}

// height is the person's, in pixels. The eye of the camera is as high above the ground as the person's, so
// the head is always at the horizon.
func (w *Walk) height() float32 { return (w.foot - horizon) * 1.04 }

// reach is how far feet and hands get from the body's middle.
func (w *Walk) reach() float32 { return 0.25 * w.height() }

// x returns where the body's middle is in frame i.
func (w *Walk) x(i uint64) float32 {
	way := w.speed*float32(float64(i-w.From)/w.fps) - w.reach()
	if w.right {
		return way
	}
	return Width - way
}
