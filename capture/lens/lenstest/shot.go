package lenstest

import (
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"signet/capture"
)

// Shot is one exposure of a screen. The zero value of each field is the easy case; of Width, Height, Format, Fill,
// Quality and Gain it means 640, 480, MJPEG, 0.6, 85 and 1.
type Shot struct {
	Width, Height int            // of the frame, pixels
	Format        capture.Format // any but H264
	Quality       int            // of MJPEG, as libjpeg counts it
	NoTables      bool           // MJPEG without its Huffman tables

	Fill             float64 // height of the screen's picture, before it is tilted, as a part of the frame's height
	X, Y             float64 // its middle, from the frame's middle, as parts of the frame's height
	Yaw, Pitch, Roll float64 // degrees: turned to the side, leant back, rotated
	Mirror           bool    // left and right exchanged, as some cameras show a face

	Motion      float64 // way of the screen during the exposure, pixels
	MotionAngle float64 // its direction, degrees
	Blur        float64 // standard deviation of the lens's blur, pixels
	Noise       float64 // standard deviation of the sensor's noise, grey levels
	Gain        float64 // contrast of the screen: 0.3 lets 30 % of the difference between black and white
	Black       float64 // grey level of the screen's black, as of one in bright light
	Glare       float64 // light reflected by the screen, grey levels at its brightest spot
	Surround    Surround
	Seed        uint64 // of noise, and of what the surroundings look like
}

// Surround is what the camera sees behind the screen.
type Surround int

// The surroundings.
const (
	Room   Surround = iota // the generated scene
	Dark                   // a room at night
	Bright                 // a window
	Busy                   // stripes and blocks of all sizes, at which a finder of codes looks twice
)

func (s Shot) withDefaults() Shot {
	if s.Width == 0 && s.Height == 0 {
		s.Width, s.Height = 640, 480
	}
	if s.Format == "" {
		s.Format = capture.MJPEG
	}
	if s.Fill == 0 {
		s.Fill = 0.6
	}
	if s.Quality == 0 {
		s.Quality = 85
	}
	if s.Gain == 0 {
		s.Gain = 1
	}
	return s
}

// Frame exposes a screen that shows the given image: a code of [Code], or a screenshot. Without an image it shows
// the surroundings alone.
func (s Shot) Frame(screen image.Image) (*capture.Frame, error) {
	s = s.withDefaults()
	if s.Width < 16 || s.Height < 16 || s.Width > 4096 || s.Height > 4096 {
		return nil, fmt.Errorf("expose frame: %dx%d pixels", s.Width, s.Height)
	}
	p, err := background(s.Surround, s.Width, s.Height, s.Seed)
	if err != nil {
		return nil, fmt.Errorf("expose frame: %w", err)
	}
	if screen != nil {
		if screen.Bounds().Empty() {
			return nil, errors.New("expose frame: an empty image")
		}
		s.show(p, screen)
	}
	s.expose(p)
	f, err := s.encode(p)
	if err != nil {
		return nil, fmt.Errorf("expose frame: %w", err)
	}
	return f, nil
}

// distance of the camera from the screen, in heights of the frame at the screen: that of a lens of 53 degrees across.
const distance = 1.33

// show draws the screen.
func (s Shot) show(p *picture, screen image.Image) {
	b := screen.Bounds()
	aspect := float64(b.Dx()) / float64(b.Dy())
	g := newGrey(screen)
	view := s.view()
	pixel := 1 / float64(s.Height)
	n := int(min(max(math.Ceil(float64(g.h)/(s.Fill*float64(s.Height))), 2), 6)) // samples a pixel each way
	for y := range s.Height {
		for x := range s.Width {
			sum, hits := 0.0, 0
			for i := range n * n {
				px := (float64(x)+(float64(i%n)+0.5)/float64(n))*pixel - 0.5*float64(s.Width)*pixel - s.X
				py := (float64(y)+(float64(i/n)+0.5)/float64(n))*pixel - 0.5 - s.Y
				if s.Mirror {
					px = -px
				}
				u, v, ok := view.onScreen(px, py)
				if !ok {
					continue
				}
				u, v = u/(s.Fill*aspect)+0.5, v/s.Fill+0.5
				switch {
				case u >= 0 && u < 1 && v >= 0 && v < 1:
					light := s.Black + s.Gain*(235-s.Black)*g.at(u, v)
					sum += light + s.Glare*math.Exp(-12*((u-0.6)*(u-0.6)+(v-0.35)*(v-0.35)))
					hits++
				case u >= -bezel/aspect && u < 1+bezel/aspect && v >= -bezel && v < 1+bezel:
					sum += 18
					hits++
				}
			}
			if hits > 0 {
				part := float32(hits) / float32(n*n)
				at := &p.y[y*p.w+x]
				*at = *at*(1-part) + float32(sum)/float32(n*n)
				p.neutral(x, y)
			}
		}
	}
}

// bezel is the dark frame of the screen, in its heights.
const bezel = 0.04

// view turns directions of the camera into places on the screen's plane.
type view struct {
	axis   [3][3]float64 // of the screen: right, down, and away from the camera
	normal float64       // from the camera to the plane, along axis[2]
}

func (s Shot) view() view {
	sin := func(deg float64) float64 { return math.Sin(deg * math.Pi / 180) }
	cos := func(deg float64) float64 { return math.Cos(deg * math.Pi / 180) }
	rotate := func(v [3]float64) [3]float64 { // roll, then pitch, then yaw
		x, y, z := v[0], v[1], v[2]
		x, y = x*cos(s.Roll)-y*sin(s.Roll), x*sin(s.Roll)+y*cos(s.Roll)
		y, z = y*cos(s.Pitch)-z*sin(s.Pitch), y*sin(s.Pitch)+z*cos(s.Pitch)
		x, z = x*cos(s.Yaw)+z*sin(s.Yaw), -x*sin(s.Yaw)+z*cos(s.Yaw)
		return [3]float64{x, y, z}
	}
	v := view{axis: [3][3]float64{rotate([3]float64{1, 0, 0}), rotate([3]float64{0, 1, 0}), rotate([3]float64{0, 0, 1})}}
	v.normal = v.axis[2][2] * distance
	return v
}

// onScreen returns where the ray through (x, y), in heights of the frame at the screen's distance, meets the plane.
func (v *view) onScreen(x, y float64) (u, w float64, ok bool) {
	ray := [3]float64{x, y, distance}
	along := v.axis[2][0]*ray[0] + v.axis[2][1]*ray[1] + v.axis[2][2]*ray[2]
	if along <= 1e-6 {
		return 0, 0, false
	}
	t := v.normal / along
	d := [3]float64{ray[0] * t, ray[1] * t, ray[2]*t - distance}
	u = d[0]*v.axis[0][0] + d[1]*v.axis[0][1] + d[2]*v.axis[0][2]
	w = d[0]*v.axis[1][0] + d[1]*v.axis[1][1] + d[2]*v.axis[1][2]
	return u, w, true
}

// expose blurs, and adds noise.
func (s Shot) expose(p *picture) {
	if s.Motion > 0 {
		p.move(s.Motion, s.MotionAngle*math.Pi/180)
	}
	if s.Blur > 0 {
		p.blur(s.Blur)
	}
	if s.Noise > 0 {
		rng := rand.New(rand.NewPCG(s.Seed, 0x2015e))
		for i := range p.y {
			p.y[i] += float32(rng.NormFloat64() * s.Noise)
		}
	}
}
