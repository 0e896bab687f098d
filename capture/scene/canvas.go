package scene

import "math"

// canvas is a picture in JPEG's own colours, chroma at half size.
type canvas struct {
	data      []byte // the three planes, as a frame of YU12 has them
	y, cb, cr []byte // views into data
}

func newCanvas() canvas {
	const n, chroma = Width * Height, Width / 2 * Height / 2
	data := make([]byte, n+2*chroma)
	return canvas{data: data, y: data[:n], cb: data[n:][:chroma], cr: data[n+chroma:]}
}

type point struct{ x, y float32 }

// rgb is a colour, each part from 0 to 255.
type rgb struct{ r, g, b float32 }

func (c rgb) times(f float32) rgb { return rgb{c.r * f, c.g * f, c.b * f} }

func (c rgb) mix(d rgb, t float32) rgb {
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

// ycc turns a colour into JPEG's (JFIF 1.02). Room for noise is left at both ends.
func (c rgb) ycc() (y, cb, cr float32) {
	y = 0.299*c.r + 0.587*c.g + 0.114*c.b
	cb = 128 - 0.168736*c.r - 0.331264*c.g + 0.5*c.b
	cr = 128 + 0.5*c.r - 0.418688*c.g - 0.081312*c.b
	return clamp(y, 12, 243), clamp(cb, 0, 255), clamp(cr, 0, 255)
}

// shape says how much of the pixel around a point it covers, from 0 to 1.
type shape interface {
	cover(p point) float32
	bounds() (x0, y0, x1, y1 float32)
}

// paint says which colour a point has.
type paint func(p point) rgb

func flat(c rgb) paint { return func(point) rgb { return c } }

// fill paints a shape.
func (c canvas) fill(s shape, color paint) { c.blend(s, color, 1) }

// blend paints a shape that lets through what is behind it: alpha 1 hides it.
func (c canvas) blend(s shape, color paint, alpha float32) {
	fx0, fy0, fx1, fy1 := s.bounds()
	x0, y0 := max(int(fx0)-1, 0)&^1, max(int(fy0)-1, 0)&^1
	x1, y1 := min(int(fx1)+2, Width), min(int(fy1)+2, Height)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			p := point{float32(x) + 0.5, float32(y) + 0.5}
			if a := alpha * s.cover(p); a > 0 {
				v, _, _ := color(p).ycc()
				mixInto(&c.y[y*Width+x], v, a)
			}
			if x&1 != 0 || y&1 != 0 {
				continue
			}
			p = point{float32(x) + 1, float32(y) + 1}
			if a := alpha * s.cover(p); a > 0 {
				_, cb, cr := color(p).ycc()
				i := y/2*(Width/2) + x/2
				mixInto(&c.cb[i], cb, a)
				mixInto(&c.cr[i], cr, a)
			}
		}
	}
}

// shade darkens what is there.
func (c canvas) shade(s shape, alpha float32) { c.blend(s, flat(rgb{22, 18, 16}), alpha) }

func mixInto(dst *uint8, v, a float32) {
	*dst = uint8(float32(*dst) + (v-float32(*dst))*a + 0.5)
}

// limb is a line with round ends that may taper.
type limb struct {
	a, b   point
	ra, rb float32 // half widths
}

func (l limb) cover(p point) float32 {
	dx, dy := l.b.x-l.a.x, l.b.y-l.a.y
	t := float32(0)
	if n := dx*dx + dy*dy; n > 0 {
		t = clamp(((p.x-l.a.x)*dx+(p.y-l.a.y)*dy)/n, 0, 1)
	}
	d := hypot(p.x-l.a.x-t*dx, p.y-l.a.y-t*dy)
	return clamp(l.ra+(l.rb-l.ra)*t-d+0.5, 0, 1)
}

func (l limb) bounds() (x0, y0, x1, y1 float32) {
	r := max(l.ra, l.rb)
	return min(l.a.x, l.b.x) - r, min(l.a.y, l.b.y) - r, max(l.a.x, l.b.x) + r, max(l.a.y, l.b.y) + r
}

// oval is an ellipse; soft is how much of it, from the rim inwards, fades out.
type oval struct {
	c      point
	rx, ry float32
	soft   float32
}

func (o oval) cover(p point) float32 {
	d := hypot((p.x-o.c.x)/o.rx, (p.y-o.c.y)/o.ry)
	if o.soft > 0 {
		t := clamp((1-d)/o.soft, 0, 1)
		return t * t * (3 - 2*t)
	}
	return clamp((1-d)*min(o.rx, o.ry)+0.5, 0, 1)
}

func (o oval) bounds() (x0, y0, x1, y1 float32) {
	return o.c.x - o.rx, o.c.y - o.ry, o.c.x + o.rx, o.c.y + o.ry
}

// poly is a convex polygon, its corners clockwise on the screen.
type poly []point

func rect(x0, y0, x1, y1 float32) poly {
	return poly{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

func (q poly) cover(p point) float32 {
	inside := float32(1)
	for i, a := range q {
		b := q[(i+1)%len(q)]
		dx, dy := b.x-a.x, b.y-a.y
		d := (dx*(p.y-a.y) - dy*(p.x-a.x)) / hypot(dx, dy) // pixels inside of this edge
		if inside = min(inside, d+0.5); inside <= 0 {
			return 0
		}
	}
	return inside
}

func (q poly) bounds() (x0, y0, x1, y1 float32) {
	x0, y0, x1, y1 = q[0].x, q[0].y, q[0].x, q[0].y
	for _, p := range q[1:] {
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
	}
	return x0, y0, x1, y1
}

func clamp(v, lo, hi float32) float32 { return min(max(v, lo), hi) }

func hypot(x, y float32) float32 { return float32(math.Sqrt(float64(x*x + y*y))) }
