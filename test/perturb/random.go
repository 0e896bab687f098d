package perturb

import "math"

// hash is a random number for a seed and up to two places.
func hash(seed uint64, x, y int64) uint64 {
	h := seed ^ uint64(x)*0x9E3779B97F4A7C15 ^ uint64(y)*0xC2B2AE3D27D4EB4F
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	return h ^ h>>32
}

// chance is a random number from 0 to 1 for a seed and a place.
func chance(seed uint64, x, y int64) float64 { return float64(hash(seed, x, y)>>11) / (1 << 53) }

// wobble wanders smoothly within -1 to 1: it comes to another random value each time t grows by 1.
func wobble(seed uint64, t float64) float64 {
	n := math.Floor(t)
	a, b := chance(seed, int64(n), 0), chance(seed, int64(n)+1, 0)
	return 2*(a+(b-a)*ease(t-n)) - 1
}

// wander is wobble with finer steps on top, as a random walk that is held back has them.
func wander(seed uint64, t float64) float64 {
	return (wobble(seed, t) + 0.5*wobble(seed+1, 2.3*t) + 0.25*wobble(seed+2, 5.1*t)) / 1.75
}

// cloud is a smooth random surface from 0 to 1 that changes over lengths of 1.
func cloud(seed uint64, x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int64(fx), int64(fy)
	u, v := ease(x-fx), ease(y-fy)
	a, b := chance(seed, i, j), chance(seed, i+1, j)
	c, d := chance(seed, i, j+1), chance(seed, i+1, j+1)
	a += (b - a) * u
	c += (d - c) * u
	return a + (c-a)*v
}

// ease goes from 0 to 1 as x does, without a kink at the ends. It stays there outside.
func ease(x float64) float64 {
	x = min(max(x, 0), 1)
	return x * x * (3 - 2*x)
}
