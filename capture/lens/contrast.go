package lens

import (
	"slices"

	"signet/capture/lens/qr"
)

// contrast makes the pictures that codes are read in, and keeps the memory that this takes.
type contrast struct {
	picture qr.Picture
	columns []uint32 // sums of a window's rows, for each column
}

// minReach is the least reach of a window, in pixels.
const minReach = 4

// of returns how much darker each pixel is than the mean of the window around it, which reaches 1/part of the picture's height each
// way: light that falls on one corner only does not hide what is there. The result is valid until the next call.
func (c *contrast) of(g *grey, part int) *qr.Picture {
	w, h, reach := g.w, g.h, max(g.h/part, minReach)
	c.picture.W, c.picture.H = w, h
	c.picture.Dark = slices.Grow(c.picture.Dark[:0], w*h)[:w*h]
	c.columns = slices.Grow(c.columns[:0], w)[:w]
	clear(c.columns)
	for y := range min(reach, h) {
		for x, v := range g.pix[y*w:][:w] {
			c.columns[x] += uint32(v)
		}
	}
	for y := range h {
		if y+reach < h {
			for x, v := range g.pix[(y+reach)*w:][:w] {
				c.columns[x] += uint32(v)
			}
		}
		if y > reach {
			for x, v := range g.pix[(y-reach-1)*w:][:w] {
				c.columns[x] -= uint32(v)
			}
		}
		rows := min(y+reach, h-1) - max(y-reach, 0) + 1
		c.row(c.picture.Dark[y*w:][:w], g.pix[y*w:][:w], rows, reach)
	}
	return &c.picture
}

// row sets a row of the picture, whose windows have the given number of rows.
func (c *contrast) row(to []int8, from []byte, rows, reach int) {
	w := len(from)
	var sum uint32
	for _, n := range c.columns[:min(reach, w)] {
		sum += n
	}
	var perPixel uint64 // 1<<32 / pixels of the window: a multiplication is much cheaper than a division
	last := 0
	for x := range to {
		if x+reach < w {
			sum += c.columns[x+reach]
		}
		if x > reach {
			sum -= c.columns[x-reach-1]
		}
		if n := rows * (min(x+reach, w-1) - max(x-reach, 0) + 1); n != last {
			perPixel, last = 1<<32/uint64(n), n
		}
		mean := int(uint64(sum) * perPixel >> 32)
		to[x] = int8(min(max(mean-int(from[x]), -127), 127))
	}
}
