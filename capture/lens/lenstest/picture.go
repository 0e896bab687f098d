package lenstest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"sync"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
)

// picture is what falls onto the sensor: luma of any value, chroma at half size.
type picture struct {
	w, h   int
	y      []float32
	cb, cr []byte
}

func newPicture(w, h int) *picture {
	cw, ch := (w+1)/2, (h+1)/2
	p := &picture{w, h, make([]float32, w*h), make([]byte, cw*ch), make([]byte, cw*ch)}
	for i := range p.cb {
		p.cb[i], p.cr[i] = 128, 128
	}
	return p
}

// neutral takes the colour from a pixel: screens of codes are grey.
func (p *picture) neutral(x, y int) {
	i := y/2*((p.w+1)/2) + x/2
	p.cb[i], p.cr[i] = 128, 128
}

// background draws what is behind the screen.
func background(s Surround, w, h int, seed uint64) (*picture, error) {
	p := newPicture(w, h)
	rng := rand.New(rand.NewPCG(seed, 0xbac))
	switch s {
	case Room:
		room, err := emptyRoom()
		if err != nil {
			return nil, err
		}
		for y := range h {
			for x := range w {
				rx, ry := x*scene.Width/w, y*scene.Height/h
				p.y[y*w+x] = float32(room.Y[ry*room.YStride+rx])
				i := y/2*((w+1)/2) + x/2
				p.cb[i], p.cr[i] = room.Cb[ry/2*room.CStride+rx/2], room.Cr[ry/2*room.CStride+rx/2]
			}
		}
	case Dark, Bright:
		from, to := 12.0, 30.0
		if s == Bright {
			from, to = 180, 255
		}
		for y := range h {
			for x := range w {
				p.y[y*w+x] = float32(from + (to-from)*float64(x+y)/float64(w+h))
			}
		}
	case Busy:
		for y := range h {
			for x := range w {
				p.y[y*w+x] = 128
			}
		}
		for range 1500 {
			bw, bh := 2+rng.IntN(w/12), 2+rng.IntN(h/12)
			x0, y0, v := rng.IntN(w), rng.IntN(h), float32(rng.IntN(256))
			for y := y0; y < min(y0+bh, h); y++ {
				for x := x0; x < min(x0+bw, w); x++ {
					p.y[y*w+x] = v
				}
			}
		}
	default:
		return nil, fmt.Errorf("no surroundings %d", s)
	}
	return p, nil
}

// emptyRoom is a frame of the generated scene.
var emptyRoom = sync.OnceValues(func() (*image.YCbCr, error) {
	c, err := scene.New(scene.Options{Pace: pace.Virtual})
	if err != nil {
		return nil, err
	}
	var f capture.Frame
	if err := c.Next(context.Background(), &f); err != nil {
		return nil, err
	}
	img, err := jpeg.Decode(bytes.NewReader(f.Data))
	if err != nil {
		return nil, err
	}
	room, ok := img.(*image.YCbCr)
	if !ok {
		return nil, fmt.Errorf("the scene is a %T", img)
	}
	return room, nil
})

// move averages along a line of the given length.
func (p *picture) move(length, angle float64) {
	n := int(math.Ceil(length*2)) + 1
	from := append([]float32(nil), p.y...)
	for y := range p.h {
		for x := range p.w {
			var sum float32
			for i := range n {
				t := length * (float64(i)/float64(n-1) - 0.5)
				sum += p.between(from, float64(x)+t*math.Cos(angle), float64(y)+t*math.Sin(angle))
			}
			p.y[y*p.w+x] = sum / float32(n)
		}
	}
}

// between interpolates, the picture continued beyond its edges.
func (p *picture) between(from []float32, x, y float64) float32 {
	x, y = min(max(x, 0), float64(p.w-1)), min(max(y, 0), float64(p.h-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, p.w-1), min(y0+1, p.h-1)
	fx, fy := float32(x-float64(x0)), float32(y-float64(y0))
	top := from[y0*p.w+x0]*(1-fx) + from[y0*p.w+x1]*fx
	low := from[y1*p.w+x0]*(1-fx) + from[y1*p.w+x1]*fx
	return top*(1-fy) + low*fy
}

// blur is Gaussian, across and then down.
func (p *picture) blur(deviation float64) {
	r := int(math.Ceil(3 * deviation))
	kernel := make([]float32, 2*r+1)
	var sum float32
	for i := range kernel {
		d := float64(i-r) / deviation
		kernel[i] = float32(math.Exp(-d * d / 2))
		sum += kernel[i]
	}
	line := make([]float32, max(p.w, p.h))
	pass := func(at, step, n int) {
		for i := range n {
			line[i] = p.y[at+i*step]
		}
		for i := range n {
			var v float32
			for k, weight := range kernel {
				v += weight * line[min(max(i+k-r, 0), n-1)]
			}
			p.y[at+i*step] = v / sum
		}
	}
	for y := range p.h {
		pass(y*p.w, 1, p.w)
	}
	for x := range p.w {
		pass(x, p.w, p.h)
	}
}

// grey is an image's brightness from 0 to 1.
type grey struct {
	w, h int
	pix  []uint8
}

func newGrey(img image.Image) *grey {
	b := img.Bounds()
	g := &grey{b.Dx(), b.Dy(), make([]uint8, b.Dx()*b.Dy())}
	for y := range g.h {
		for x := range g.w {
			g.pix[y*g.w+x] = color.GrayModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.Gray).Y
		}
	}
	return g
}

// at returns the pixel at a part of the width and height.
func (g *grey) at(u, v float64) float64 {
	return float64(g.pix[int(v*float64(g.h))*g.w+int(u*float64(g.w))]) / 255
}
