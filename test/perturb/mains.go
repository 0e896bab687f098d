package perturb

import "math"

// Flicker is the light of lamps at the mains, which swells twice in a period of it. A sensor reads out its
// rows one after another, so that bands run over the picture, slowly where the frame rate nearly divides
// the light's.
type Flicker struct {
	Hertz    float64 // of the mains: 50 or 60, and what it, or the camera's clock, is off by
	Depth    float64 // of the light's swing around its mean, 0 to 1: bulbs 0.1, bad LEDs 0.5
	Exposure float64 // seconds a row gathers light, over which the swing averages out
	Readout  float64 // seconds from the first row to the last
}

// Apply implements Effect.
func (e Flicker) Apply(f *Frame) {
	depth := e.Depth
	if a := 2 * math.Pi * e.Hertz * e.Exposure; a != 0 {
		depth *= math.Abs(math.Sin(a) / a)
	}
	w, h := f.chroma()
	for y := range f.H {
		t := f.At.Seconds() + e.Readout*float64(y)/float64(f.H)
		swing := math.Sin(4 * math.Pi * e.Hertz * t)
		k := int(4096 * math.Pow(1+depth*swing, 1/gamma))
		row := f.Y[y*f.W:][:f.W]
		for x, v := range row {
			row[x] = byteOf((int(v)*k + 2048) >> 12)
		}
		if y%2 != 0 || y/2 >= h {
			continue
		}
		for _, c := range [][]byte{f.Cb[y/2*w:][:w], f.Cr[y/2*w:][:w]} {
			for x, v := range c {
				c[x] = byteOf(128 + ((int(v)-128)*k+2048)>>12)
			}
		}
	}
}
