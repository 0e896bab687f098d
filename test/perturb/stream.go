package perturb

import "time"

// Quality is an encoder that switches between two qualities, to keep to a rate of bytes.
type Quality struct {
	Low, High int           // 1 to 100
	Every     time.Duration // from switch to switch; the first one is to Low, at the start
}

// Apply implements Effect.
func (e Quality) Apply(f *Frame) {
	if f.Quality = e.Low; f.At/e.Every%2 == 1 {
		f.Quality = e.High
	}
}

// Drop loses frames, one by one and now and then several in a row, as a network does.
type Drop struct {
	Seed  uint64
	Share float64       // of frames that are lost alone, 0 to 1
	Every time.Duration // from burst to burst; 0: none
	Burst time.Duration // its length
}

// Apply implements Effect.
func (e Drop) Apply(f *Frame) {
	if chance(e.Seed, int64(f.N), 0) < e.Share || e.Every > 0 && f.At%e.Every >= e.Every-e.Burst {
		f.Dropped = true
	}
}

// Stutter is a camera that shows the same picture for a while and then goes on.
type Stutter struct {
	Every time.Duration // from stop to stop; the first one at the start
	Hold  time.Duration // for which the picture stands

	held Picture
	n    time.Duration
}

// Apply implements Effect.
func (e *Stutter) Apply(f *Frame) {
	n, t := f.At/e.Every+1, f.At%e.Every
	switch {
	case t >= e.Hold:
	case e.n != n:
		e.n = n
		e.held.copy(&f.Picture)
	default:
		f.copy(&e.held)
	}
}
