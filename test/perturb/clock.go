package perturb

import (
	"fmt"
	"time"
)

// Clock writes date and time into the upper left corner, as cameras do, on a dark bar.
type Clock struct {
	Size   int  // of a dot of the letters, which are 5 x 7 dots, in pixels; 0: 2
	Tenths bool // tenths of seconds run too
	Bare   bool // without the bar
}

// Apply implements Effect.
func (e Clock) Apply(f *Frame) {
	size := e.Size
	if size == 0 {
		size = 2
	}
	at := time.Date(2026, 3, 28, 23, 59, 50, 0, time.UTC).Add(f.At)
	text := at.Format(time.DateTime)
	if e.Tenths {
		text += fmt.Sprintf(".%d", at.Nanosecond()/1e8)
	}
	const margin = 8
	if !e.Bare {
		f.rect(margin-size, margin-size, (6*len(text)+1)*size, 9*size, 24)
	}
	for i, r := range text {
		for row, dots := range digits[r] {
			for col := range 5 {
				if dots>>(4-col)&1 == 1 {
					f.rect(margin+(6*i+col)*size, margin+row*size, size, size, 235)
				}
			}
		}
	}
}

// rect paints a grey rectangle, as far as it is in the picture.
func (p *Picture) rect(x, y, w, h int, grey byte) {
	cw, _ := p.chroma()
	for v := y; v < min(y+h, p.H); v++ {
		for u := x; u < min(x+w, p.W); u++ {
			p.Y[v*p.W+u] = grey
			p.Cb[v/2*cw+u/2], p.Cr[v/2*cw+u/2] = 128, 128
		}
	}
}

// digits are 5 x 7 dots, a row a byte, the leftmost dot in bit 4.
var digits = map[rune][7]byte{
	'0': {0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E},
	'1': {0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E},
	'2': {0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F},
	'3': {0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E},
	'4': {0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02},
	'5': {0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E},
	'6': {0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E},
	'7': {0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},
	'8': {0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E},
	'9': {0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C},
	'-': {0x00, 0x00, 0x00, 0x1F, 0x00, 0x00, 0x00},
	':': {0x00, 0x0C, 0x0C, 0x00, 0x0C, 0x0C, 0x00},
	'.': {0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x0C},
}
