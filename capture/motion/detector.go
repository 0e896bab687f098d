package motion

import (
	"cmp"
	"fmt"
	"time"

	"signet/capture"
	"signet/capture/luma"
)

// Sensitivities: 1 fires on the strongest changes alone, 10 on the faintest.
const (
	MinSensitivity     = 1
	DefaultSensitivity = 5
	MaxSensitivity     = 10
)

// Config sets up a Detector. The zero value is the default.
type Config struct {
	Sensitivity      int     // MinSensitivity to MaxSensitivity; 0 is DefaultSensitivity
	Zones            []Zone  // at most MaxZones; none: the whole picture is watched
	MinSize, MaxSize float64 // of what counts: its watched cells in shares of the picture's, 0 to 1; MaxSize 0 is 1
}

// Validate names the first thing that is out of its range.
func (c *Config) Validate() error {
	if c.Sensitivity != 0 && (c.Sensitivity < MinSensitivity || c.Sensitivity > MaxSensitivity) {
		return fmt.Errorf("sensitivity %d: not within %d to %d", c.Sensitivity, MinSensitivity, MaxSensitivity)
	}
	if !(c.MinSize >= 0 && c.MinSize <= 1) {
		return fmt.Errorf("minimum size %v: not within 0 to 1", c.MinSize)
	}
	if c.MaxSize != 0 && !(c.MaxSize >= c.MinSize && c.MaxSize <= 1) {
		return fmt.Errorf("maximum size %v: not within %v to 1", c.MaxSize, c.MinSize)
	}
	if n := len(c.Zones); n > MaxZones {
		return fmt.Errorf("%d zones: more than %d", n, MaxZones)
	}
	for i := range c.Zones {
		if err := c.Zones[i].validate(); err != nil {
			return fmt.Errorf("zone %d %q: %w", i+1, c.Zones[i].Name, err)
		}
		for j := range i {
			if c.Zones[j].Name == c.Zones[i].Name {
				return fmt.Errorf("zone %d: another is called %q already", i+1, c.Zones[i].Name)
			}
		}
	}
	return nil
}

// Stamp says which frame is meant: its number and its moment.
type Stamp struct {
	Seq uint64
	At  capture.Mono
}

// Region is something that moves, in cells of 8x8 pixels.
type Region struct {
	X, Y, W, H int     // bounding box
	Cells      int     // cells in it that differ
	Score      float64 // 0..1: how strongly it differs and how large it is
	Since      Stamp   // the first frame in which it was seen, before it was confirmed
	Zone       string  // name of the watched zone that holds most of it; "" where none is
}

// Result is what one frame showed. Its slices belong to the Detector and hold until the next Detect.
type Result struct {
	Stamp
	W, H        int      // cells
	Regions     []Region // confirmed ones, the strongest first
	Cells       []byte   // W*H, row by row: 1 where a confirmed region is, else 0
	Score       float64  // of the strongest region, 0 without one
	SceneChange bool     // the whole picture became another (lamp, IR-cut, moved camera); the model starts again
	Learning    bool     // the model is still settling, nothing is reported
}

// Detector finds motion in one camera's pictures.
type Detector struct {
	config Config
	factor int32 // threshold factor of the sensitivity, x256

	clock   clock
	model   model
	bands   bands
	colour  colour
	curve   curve
	steady  steady
	finder  finder
	tracker tracker
	unrest  unrest
	present present

	result  Result
	changed time.Duration // how long nearly all of the picture has been different
}

// New returns a Detector that has seen nothing yet.
func New(cfg Config) (*Detector, error) {
	d := &Detector{}
	d.tracker.present = &d.present
	if err := d.Set(cfg); err != nil {
		return nil, err
	}
	return d, nil
}

// Set changes the configuration from the next frame on; what was learnt stays. The Detector keeps cfg's zones, which must
// not be changed then.
func (d *Detector) Set(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("set up motion: %w", err)
	}
	d.config = cfg
	d.finder.watch.set(cfg.Zones)
	d.present.spell = 0
	d.tracker.sizes = newSizes(&cfg, d.model.w*d.model.h)
	d.factor = factors[cmp.Or(cfg.Sensitivity, DefaultSensitivity)-MinSensitivity]
	return nil
}

// factors are 256 x 2^((5-s)/4) for s from 1 to 10: each step lowers the threshold by a sixth.
var factors = [...]int32{512, 431, 362, 304, 256, 215, 181, 152, 128, 108}

// Detect looks at the next picture, taken at the moment and with the number in s. It never fails.
// The result is valid until the next call.
//
// A picture of another size, or one that is older than its predecessor or more than ten seconds
// younger, starts the model again. In the steady state Detect allocates nothing.
func (d *Detector) Detect(p *luma.Plane, s Stamp) *Result {
	r := &d.result
	flows := d.clock.tick(s.At)
	if p.W != d.model.w || p.H != d.model.h {
		d.resize(p.W, p.H)
	} else if !flows {
		d.restart()
	}
	*r = Result{Stamp: s, W: p.W, H: p.H, Regions: r.Regions[:0], Cells: r.Cells}
	clear(r.Cells)
	if p.W*p.H == 0 {
		return r
	}

	step := d.clock.step
	if d.model.learning() {
		d.model.keep(p.Pix, step)
		d.model.learn(p.Pix, step)
		d.colour.learn(p, d.model.samples)
		d.present.learn(p.Pix, &d.model, &d.curve, step)
		d.steady.take(p.Pix, &d.model, &d.curve, step) // so that it knows how far the camera sways
		r.Learning = true
		return r
	}

	even := d.bands.take(p.Pix, &d.model)
	d.curve.fit(even, d.model.mean, d.finder.mask, d.model.flags)
	pix := d.steady.take(even, &d.model, &d.curve, step)
	d.model.keep(even, step)
	differing := d.model.compare(pix, &d.curve, d.factor)
	if d.model.faded(even) || d.steady.elsewhere(&d.model, min(d.factor, factors[DefaultSensitivity-MinSensitivity])) {
		differing = len(p.Pix)
	}
	if r.SceneChange = d.sceneChanged(differing, step); r.SceneChange {
		d.restart()
		return r
	}
	if d.changed > 0 { // wait and see: neither report nor learn
		return r
	}

	d.colour.compare(p, &d.model, d.factor)
	d.finder.turns.take(&d.model, d.tracker.follows() || d.finder.stirred, step)
	d.unrest.raise(&d.model, &d.finder, &d.tracker)
	regions := d.finder.find(&d.model, even)
	d.tracker.novel = d.steady.novel
	d.finder.flash.take(step)
	d.tracker.flashes = d.finder.flash.goesOn(p.W * p.H)
	d.tracker.follow(regions, &frame{s, step, p.W, p.H})
	for i := range regions {
		if t := regions[i].track; t >= 0 && d.tracker.tracks[t].confirmed {
			d.finder.fill(i)
		}
	}
	d.model.update(pix, &d.curve, d.finder.label, regions, d.tracker.tracks[:], step)
	d.colour.update(p, &d.model, d.finder.label, regions, d.tracker.tracks[:], step)
	if d.present.take(pix, &d.model, &d.curve, &d.finder.watch, step) && !d.tracker.moves() {
		for i := range d.present.n {
			d.model.begin(pix, &d.curve, &d.present.patches[i].extent)
		}
	}
	for i := range d.tracker.tracks {
		if k := &d.tracker.tracks[i]; k.live && k.confirmed {
			d.model.pardon(k.path.x0, k.path.y0, k.path.x1, k.path.y1)
			if k.awaited {
				d.present.renew()
			}
		}
	}
	d.report(r, regions)
	return r
}

// Suspects tells whether the last picture leaves something open: a cell that differs as its neighbours do and changed lately,
// though it may never become part of a region; a region that is followed; a picture that changed as a whole; or a model
// that is still settling. Where it is false the next picture may wait, where it is true each one counts.
func (d *Detector) Suspects() bool {
	return d.model.learning() || d.changed > 0 || d.finder.stirred || d.tracker.follows()
}

// sceneChanged is told how many cells differ. It is true once nearly all do for long enough;
// until then d.changed counts the time.
func (d *Detector) sceneChanged(differing int, step time.Duration) bool {
	if differing*100 <= d.model.w*d.model.h*sceneChangePercent {
		d.changed = 0
		return false
	}
	d.changed += step
	return d.changed >= sceneChangeTime
}

// report copies the confirmed regions into r, the strongest first.
func (d *Detector) report(r *Result, regions []region) {
	for i := range regions {
		g := &regions[i]
		if g.track < 0 || !d.tracker.tracks[g.track].confirmed {
			continue
		}
		r.Regions = append(r.Regions, Region{
			X: g.x0, Y: g.y0, W: g.x1 - g.x0 + 1, H: g.y1 - g.y0 + 1,
			Cells: g.cells, Score: g.score(len(r.Cells)), Since: d.tracker.tracks[g.track].born,
			Zone: d.finder.watch.name(d.finder.label, uint8(i+1), g),
		})
		for j := len(r.Regions) - 1; j > 0 && r.Regions[j].Score > r.Regions[j-1].Score; j-- {
			r.Regions[j], r.Regions[j-1] = r.Regions[j-1], r.Regions[j]
		}
	}
	if len(r.Regions) == 0 {
		return
	}
	r.Score = r.Regions[0].Score
	for c, l := range d.finder.label {
		if l == 0 {
			continue
		}
		if t := regions[l-1].track; t >= 0 && d.tracker.tracks[t].confirmed {
			r.Cells[c] = 1
		}
	}
}

func (d *Detector) resize(w, h int) {
	d.model.resize(w, h)
	d.finder.resize(w, h)
	d.bands.resize(w, h)
	d.steady.resize(w, h)
	d.present.resize(w, h)
	d.tracker.sizes = newSizes(&d.config, w*h)
	d.result.Cells = make([]byte, w*h)
	d.result.Regions = make([]Region, 0, maxRegions)
	d.restart()
}

func (d *Detector) restart() {
	d.model.restart()
	d.finder.restart()
	d.tracker.restart()
	d.curve.restart()
	d.steady.restart()
	d.present.restart()
	d.changed = 0
}

// clock knows how long a frame lasts.
type clock struct {
	last    capture.Mono
	started bool
	step    time.Duration // smoothed time between frames
}

// tick is false where the stream broke off: at its start, after a long gap, and when time ran backwards.
func (c *clock) tick(at capture.Mono) bool {
	d := at.Sub(c.last)
	c.last = at
	if !c.started || d <= 0 || d > maxGap {
		c.started = true
		c.step = 0
		return false
	}
	d = min(d, maxStep)
	if c.step == 0 {
		c.step = d
	}
	c.step += (d - c.step) / 8
	return true
}

const (
	maxGap  = 10 * time.Second
	maxStep = time.Second

	// A lamp or the IR-cut filter changes nearly every cell at once (65 % for 3 frames at 30/s in
	// the trials). People who fill the picture do not do so within two frames and stay.
	sceneChangePercent = 65
	sceneChangeTime    = 250 * time.Millisecond
)
