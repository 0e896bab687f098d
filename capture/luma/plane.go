// Package luma makes the 1/8-scale grey picture of a frame: one value for each block of 8x8 pixels.
//
// For MJPEG the value is the block's DC coefficient times its quantiser, read without any inverse
// transform; for raw formats it is the block's mean, on the same scale. Rounded to 8 bits, that of JPEG is, byte for byte,
// what libjpeg decodes at 1/8 of the size.
//
// It costs, beside that of libjpeg-turbo 2.1.5, 0.46 to 0.49 of the time on amd64, 0.35 to 0.37 of the instructions on arm64
// and 0.46 to 0.48 on ARMv7, for recordings of 22 to 71 KB a frame with Huffman tables of each frame's own; less where
// the tables stay the same. test/benchmotion/turbo measures it.
package luma

// Plane is a 1/8-scale grey picture. Cell (x, y) covers the pixels [8x, 8x+8) x [8y, 8y+8) of the
// frame; cells at the right and lower edge may be partly outside of it.
type Plane struct {
	W, H int     // cells: (pixels + 7) / 8
	Pix  []int16 // W*H values, row by row; 8 x (grey - 128): -1024 is black, +1016 is white
}

// Resize makes p W x H cells, reusing its memory.
func (p *Plane) Resize(w, h int) {
	p.W, p.H = w, h
	if cap(p.Pix) < w*h {
		p.Pix = make([]int16, w*h)
	}
	p.Pix = p.Pix[:w*h]
}
