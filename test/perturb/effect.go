package perturb

import "time"

// Frame is a frame on its way through the effects.
type Frame struct {
	Picture
	N       uint64        // its number in the stream, counted from 0
	At      time.Duration // since the effect began; never negative
	Quality int           // of the JPEG to be made, 1 to 100
	Dropped bool          // it is not to arrive
}

// Effect changes frames. Frames come in order. An Effect that keeps tables or pictures between frames
// belongs to one stream and one size of picture; it is not for concurrent use.
type Effect interface{ Apply(f *Frame) }

// Chain applies several effects, in order: first what changes the light, then lens and sensor, then what
// is written into the picture.
type Chain []Effect

// Apply implements Effect.
func (c Chain) Apply(f *Frame) {
	for _, e := range c {
		e.Apply(f)
	}
}

// During applies an effect for a while, from a moment of its own on.
type During struct {
	From, To time.Duration // since the chain began; To 0: for ever
	Effect   Effect        // sees the time since From
}

// Apply implements Effect.
func (d During) Apply(f *Frame) {
	if f.At < d.From || d.To > 0 && f.At >= d.To {
		return
	}
	f.At -= d.From
	d.Effect.Apply(f)
	f.At += d.From
}
