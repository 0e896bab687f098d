package perturb

import (
	"math"
	"math/rand/v2"
)

// Noise is a sensor's, as gain at night brings it forth.
type Noise struct {
	Seed   uint64
	Grey   float64 // deviation of a pixel, in grey levels
	Grain  float64 // pixels that noise hangs together over, as denoising makes it; up to 1: none
	Rows   float64 // deviation of whole rows, in grey levels
	Colour float64 // deviation of chroma, in levels

	tile []int16 // tileSide x tileSide values of deviation 1, x1024
}

const tileSide = 512

// Apply implements Effect.
func (e *Noise) Apply(f *Frame) {
	if e.tile == nil {
		e.tile = noiseTile(e.Seed, e.Grain)
	}
	rng := rand.New(rand.NewPCG(e.Seed, f.N))
	w, h := f.chroma()
	e.add(f.Y, f.W, f.H, e.Grey, e.Rows, rng)
	e.add(f.Cb, w, h, e.Colour, 0, rng)
	e.add(f.Cr, w, h, e.Colour, 0, rng)
}

func (e *Noise) add(pix []byte, w, h int, deviation, rows float64, rng *rand.Rand) {
	k := int(math.Round(deviation * 1024))
	if k == 0 && rows == 0 {
		return
	}
	left, top := rng.IntN(tileSide), rng.IntN(tileSide)
	for y := range h {
		from := e.tile[(y+top)%tileSide*tileSide:][:tileSide]
		all := int(math.Round(rows*rng.NormFloat64()*(1<<20))) + 1<<19
		to := pix[y*w:][:w]
		for x, v := range to {
			to[x] = byteOf(int(v) + (k*int(from[(x+left)%tileSide])+all)>>20)
		}
	}
}

// noiseTile makes normally distributed values, smoothed over grain pixels, that fit together at the edges.
func noiseTile(seed uint64, grain float64) []int16 {
	rng := rand.New(rand.NewPCG(seed, 0x715E))
	a, b := make([]float64, tileSide*tileSide), make([]float64, tileSide*tileSide)
	for i := range a {
		a[i] = rng.NormFloat64()
	}
	if grain > 1 {
		smooth(b, a, 1, grain)
		smooth(a, b, tileSide, grain)
	}
	sum := 0.0
	for _, v := range a {
		sum += v * v
	}
	k := 1024 / math.Sqrt(sum/float64(len(a)))
	tile := make([]int16, len(a))
	for i, v := range a {
		tile[i] = int16(min(max(v*k, -8*1024), 8*1024))
	}
	return tile
}

// smooth averages each value with its neighbours at the distance step, by a bell of the deviation grain/2.
func smooth(dst, src []float64, step int, grain float64) {
	var bell [9]float64
	for i := range bell {
		d := float64(i-4) / (grain / 2)
		bell[i] = math.Exp(-d * d / 2)
	}
	for i := range dst {
		sum := 0.0
		for n, b := range bell {
			j := i + (n-4)*step
			if step == 1 { // stay in the row
				j = i&^(tileSide-1) | j&(tileSide-1)
			}
			sum += b * src[j&(tileSide*tileSide-1)]
		}
		dst[i] = sum
	}
}
