package explain

import "signet/capture"

// canvas is a picture in JPEG's own colours, chroma at half size.
type canvas struct {
	capture.Frame
	luma   []byte
	chroma [2][]byte
}

// rgb is a colour: 0xRRGGBB.
type rgb uint32

// newCanvas returns a black picture; w and h are even.
func newCanvas(w, h int) *canvas {
	n := w * h
	data := make([]byte, n+n/2)
	c := &canvas{
		Frame: capture.Frame{Format: capture.YU12, Width: w, Height: h, Data: data},
		luma:  data[:n], chroma: [2][]byte{data[n : n+n/4], data[n+n/4:]},
	}
	c.fill(0, 0, w, h, 0)
	return c
}

// ycc turns a colour into JPEG's (JFIF 1.02).
func (c rgb) ycc() (y, cb, cr byte) {
	r, g, b := int(c>>16), int(c>>8&255), int(c&255)
	y8 := 77*r + 150*g + 29*b // x256
	return byte(y8 >> 8), byte(128 + (b*256-y8)*144>>16), byte(min(255, 128+(r*256-y8)*183>>16))
}

// fill paints a rectangle, as far as it lies on the canvas.
func (c *canvas) fill(x, y, w, h int, color rgb) {
	l, cb, cr := color.ycc()
	x1, y1 := min(x+w, c.Width), min(y+h, c.Height)
	for py := max(y, 0); py < y1; py++ {
		for px := max(x, 0); px < x1; px++ {
			c.luma[py*c.Width+px] = l
			i := py/2*(c.Width/2) + px/2
			c.chroma[0][i], c.chroma[1][i] = cb, cr
		}
	}
}

// frame draws the outline of a rectangle, two pixels wide.
func (c *canvas) frame(x, y, w, h int, color rgb) {
	c.fill(x, y, w, 2, color)
	c.fill(x, y+h-2, w, 2, color)
	c.fill(x, y, 2, h, color)
	c.fill(x+w-2, y, 2, h, color)
}
