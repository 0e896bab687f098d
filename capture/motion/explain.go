package motion

// Explanation is how the Detector saw its last frame, cell by cell, for pictures that show people why it fired or did
// not. Slices of cells have W*H elements, row by row.
type Explanation struct {
	Stamp
	W, H      int       // cells
	Mean      []byte    // grey level that the model remembers, 0 to 255
	Diff      []int16   // what is left of the difference once brightness and shake are taken away; eighths of a grey level
	Threshold []int16   // the least |Diff| that differs, in the same unit
	Stages    []Stage   // how far each cell came
	Outlines  []Outline // of what was found, confirmed or not

	ShiftX, ShiftY float64 // how far the picture stands from the model's, in pixels to the right and down

	Learning    bool // the model was settling: Mean alone means something
	SceneChange bool // the model started again: as above
	Waiting     bool // nearly all of the picture differed; nothing was reported until it is clear why
}

// Outline is a Region, which may not be confirmed.
type Outline struct {
	Region
	Confirmed bool
}

// Stage says how far a cell came on its way to be reported, and what held it back.
type Stage byte

// A cell that is reported has come from Differs by Voted and Found to Confirmed.
const (
	Differs   Stage = 1 << iota // beyond its threshold
	Strong                      // beyond twice its threshold
	Active                      // it changed within the last half second
	Voted                       // there is enough of that in its neighbourhood
	Found                       // part of a region that is large and strong enough to be followed
	Confirmed                   // the region lasts, travels or is large: motion
	Unwatched                   // outside the zones that are watched, or within one that is ignored
	Blinks                      // it crosses its threshold so often that this stands at twice its height or more
)

// Explain fills e from the last Detect, reusing its memory. It costs nothing where it is not called.
func (d *Detector) Explain(e *Explanation) {
	m, r, n := &d.model, &d.result, d.model.w*d.model.h
	*e = Explanation{
		Stamp: r.Stamp, W: m.w, H: m.h,
		Mean: grow(e.Mean, n), Diff: grow(e.Diff, n), Threshold: grow(e.Threshold, n), Stages: grow(e.Stages, n),
		Outlines: e.Outlines[:0],
		Learning: r.Learning, SceneChange: r.SceneChange, Waiting: d.changed > 0,
		ShiftX: float64(d.steady.at.x) * 8 / shiftOne, ShiftY: float64(d.steady.at.y) * 8 / shiftOne,
	}
	for i := range n {
		e.Mean[i] = byte(level(m.mean[i] >> 8))
	}
	if r.Learning || r.SceneChange || n == 0 {
		clear(e.Diff)
		clear(e.Threshold)
		clear(e.Stages)
		return
	}
	copy(e.Diff, m.diff)
	copy(e.Threshold, m.threshold)
	for i := range e.Stages {
		e.Stages[i] = d.stage(i)
	}
	if e.Waiting {
		return
	}
	for i := range d.finder.regions {
		g := &d.finder.regions[i]
		o := Outline{Region: Region{
			X: g.x0, Y: g.y0, W: g.x1 - g.x0 + 1, H: g.y1 - g.y0 + 1, Cells: g.cells, Score: g.score(n),
		}}
		if g.track >= 0 {
			k := &d.tracker.tracks[g.track]
			o.Confirmed, o.Since = k.confirmed, k.born
			o.Zone = d.finder.watch.name(d.finder.label, uint8(i+1), g)
		}
		e.Outlines = append(e.Outlines, o)
	}
}

func (d *Detector) stage(i int) (s Stage) {
	flags := d.model.flags[i]
	for _, f := range [...]struct {
		flag  byte
		stage Stage
	}{{differs, Differs}, {strong, Strong}, {active, Active}} {
		if flags&f.flag != 0 {
			s |= f.stage
		}
	}
	if d.model.blink[i] >= 16<<blinkShift { // see compare
		s |= Blinks
	}
	if f := d.finder.watch.fence; f != nil && f[i] != 0 {
		s |= Unwatched
	}
	if d.changed > 0 { // what follows is of an earlier frame
		return s
	}
	if d.finder.mask[i] != 0 {
		s |= Voted
	}
	if l := d.finder.label[i]; l != 0 {
		s |= Found
	}
	if d.result.Cells[i] != 0 {
		s |= Confirmed
	}
	return s
}

// grow returns s with n elements, whatever they are.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
