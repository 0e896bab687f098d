// Package luma makes the 1/8-scale grey picture of a frame: one value for each block of 8x8 pixels.
//
// For MJPEG the value is the block's DC coefficient times its quantiser, read without any inverse
// transform; for raw formats it is the block's mean, on the same scale.
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
