// Package luma makes the 1/8-scale grey picture of a frame, one value for each block of 8x8 pixels, and beside it two values of
// colour for each 16x16.
//
// For MJPEG the value is the block's DC coefficient times its quantiser, read without any inverse
// transform; for raw formats it is the block's mean, on the same scale. Rounded to 8 bits, that of JPEG is, byte for byte,
// what libjpeg decodes at 1/8 of the size.
//
// It costs, beside the grey picture alone of libjpeg-turbo 2.1.5, 0.47 to 0.50 of the time on amd64, 0.39 to 0.42 of the
// instructions on arm64 and 0.51 on ARMv7, for recordings of 22 to 28 KB a frame with Huffman tables of each frame's own; less
// where the tables stay the same. test/benchmotion/turbo measures it. Colour is a tenth of that.
package luma

// Plane is a 1/8-scale picture: grey, and the colour at half of that scale where the frame has one. Cell (x, y) covers the pixels
// [8x, 8x+8) x [8y, 8y+8) of the frame; cells at the right and lower edge may be partly outside of it.
type Plane struct {
	W, H int     // cells: (pixels + 7) / 8
	Pix  []int16 // W*H values, row by row; 8 x (grey - 128): -1024 is black, +1016 is white

	// Cb and Cr, CW() x CH() values each, row by row, on the scale of Pix: 0 is without colour. A value is the mean of an 8x8 block
	// of the component's samples in the 16x16 pixels of four cells, whichever part of these it covers. Empty where the frame is grey, and
	// where its components come one after another.
	Chroma [2][]int16
}

// CW returns how many values of chroma a row has.
func (p *Plane) CW() int { return (p.W + 1) / 2 }

// CH returns how many rows of chroma there are.
func (p *Plane) CH() int { return (p.H + 1) / 2 }

// Resize makes p W x H cells without colour, reusing its memory.
func (p *Plane) Resize(w, h int) {
	p.W, p.H = w, h
	p.Pix = resize(p.Pix, w*h)
	for i := range p.Chroma {
		p.Chroma[i] = p.Chroma[i][:0]
	}
}

// colour gives p its chroma, reusing its memory.
func (p *Plane) colour() {
	for i := range p.Chroma {
		p.Chroma[i] = resize(p.Chroma[i], p.CW()*p.CH())
	}
}

func resize(s []int16, n int) []int16 {
	if cap(s) < n {
		return make([]int16, n)
	}
	return s[:n]
}
