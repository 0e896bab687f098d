package perturb

import (
	"math"
	"time"
)

// Rain is falling drops, or flakes of snow: bright streaks, as long as a drop falls while the shutter is
// open, in front of everything. Near ones are faster, longer and fainter, for they are out of focus.
type Rain struct {
	Seed     uint64
	Rate     float64       // drops a second
	Speed    float64       // pixels a second, of the farthest; the nearest fall three times as fast
	Exposure float64       // seconds
	Width    float64       // pixels, of the farthest
	Grey     float64       // how much brighter a streak is in its middle
	Slant    float64       // pixels sideways for each that it falls
	Rise     time.Duration // until there are so many; it begins with none
}

// Apply implements Effect.
func (e Rain) Apply(f *Frame) {
	t := f.At.Seconds()
	slowest := (float64(f.H) + e.Speed*e.Exposure) / e.Speed
	for i := int64(max(math.Floor((t-slowest)*e.Rate), 0)); float64(i) <= t*e.Rate; i++ {
		if since := float64(i) / e.Rate; since < e.Rise.Seconds()*chance(e.Seed, i, 3) {
			continue
		}
		near := 1 + 2*chance(e.Seed, i, 0)*chance(e.Seed, i, 1) // most are far
		speed := e.Speed * near
		y := speed * (t - float64(i)/e.Rate)
		x := (1.4*chance(e.Seed, i, 2)-0.2)*float64(f.W) + e.Slant*(y-float64(f.H)/2)
		x += e.Width * 2 * wobble(e.Seed+uint64(i), t) // wind
		f.streak(x, y, speed*e.Exposure, e.Slant, e.Width*near, e.Grey/near)
	}
}

// streak brightens a line of soft edges that ends at (x, y), length above it.
func (p *Picture) streak(x, y, length, slant, width, grey float64) {
	reach := width/2 + 1
	for row := max(int(y-length-reach), 0); row < min(int(y+reach)+1, p.H); row++ {
		v := float64(row) + 0.5
		beyond := max(v-y, y-length-v, 0) // the end
		end := max(1-beyond/reach, 0)
		mid := x - slant*(y-v)
		for col := max(int(mid-reach), 0); col < min(int(mid+reach)+1, p.W); col++ {
			if d := 1 - math.Abs(float64(col)+0.5-mid)/reach; d > 0 {
				i := row*p.W + col
				p.Y[i] = byteOf(int(p.Y[i]) + int(math.Round(grey*d*end)))
			}
		}
	}
}
