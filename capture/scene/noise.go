package scene

import "math/rand/v2"

// noise is a sensor's: a table of normally distributed steps of brightness, from which each row of each
// frame takes a stretch at random.
type noise []int8

func newNoise(seed uint64) noise {
	const deviation = 1.8 // grey levels
	rng := rand.New(rand.NewPCG(seed, 0x0153))
	n := make(noise, 16<<10)
	for i := range n {
		n[i] = int8(max(min(rng.NormFloat64()*deviation, 10), -10))
	}
	return n
}

// copy sets dst to src with noise. Colours of a canvas leave room for it (see rgb.ycc).
func (n noise) copy(dst, src canvas, seed uint64) {
	copy(dst.cb, src.cb)
	copy(dst.cr, src.cr)
	rng := rand.NewPCG(seed, 0x7071)
	for y := range Height {
		from := src.y[y*Width:][:Width]
		to := dst.y[y*Width:][:Width]
		grain := n[rng.Uint64()%uint64(len(n)-Width):][:Width]
		for x, v := range from {
			to[x] = v + uint8(grain[x])
		}
	}
}
