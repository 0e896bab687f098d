package explain

import (
	"fmt"
	"time"

	"signet/capture"
	"signet/capture/compress"
	"signet/capture/luma"
	"signet/capture/motion"
)

const (
	panelSide = 480 // the longer one of each of six, about; a cell is a whole and even number of pixels
	margin    = 8
	columns   = 3
	quality   = 90
	maxCells  = 1 << 18 // a picture of 4096x4096 pixels
)

// Colours.
const (
	white   rgb = 0xF0F0F0
	dim     rgb = 0x909090
	sure    rgb = 0x40E050 // motion
	unsure  rgb = 0xF0D020 // followed, and not confirmed
	voted   rgb = 0xC06018
	alone   rgb = 0x2858C0
	blinks  rgb = 0x9030A0
	outside rgb = 0x383838
	still   rgb = 0x0C0C14
)

// Full scale of the panels, in grey levels.
const (
	diffScale      = 48
	thresholdScale = 64
)

// Picture draws e, which explains frame f of MJPEG, taken at a time from the beginning, as a JPEG image. An error says that f
// cannot be decoded, is not what e explains, or is larger than makes sense to be drawn.
func Picture(f *capture.Frame, at time.Duration, e *motion.Explanation) ([]byte, error) {
	if w, h := (f.Width+7)/8, (f.Height+7)/8; w != e.W || h != e.H || w*h == 0 || w*h > maxCells {
		return nil, fmt.Errorf("draw explanation: %d x %d cells of a frame of %dx%d pixels", e.W, e.H, f.Width, f.Height)
	}
	d := drawing{e: e, cell: max(2, panelSide/max(e.W, e.H)&^1)}
	w, h := e.W*d.cell, letterHeight+e.H*d.cell
	d.canvas = newCanvas(columns*(w+margin)+margin, 2*(h+margin)+margin)
	place := func(i int, caption string) *panel {
		p := &panel{&d, margin + i%columns*(w+margin), margin + i/columns*(h+margin)}
		d.write(p.x, p.y, white, caption)
		p.y += letterHeight
		return p
	}
	frame := place(0, fmt.Sprintf("Frame %d at %.1f s", f.Seq, at.Seconds()))
	if err := frame.picture(f); err != nil {
		return nil, fmt.Errorf("draw explanation: %w", err)
	}
	frame.outlines()
	place(1, "What the model remembers").cells(func(i int) rgb { return grey(int(e.Mean[i])) })
	place(2, fmt.Sprintf("Threshold: black 0, white %d", thresholdScale)).cells(func(i int) rgb { return grey(int(e.Threshold[i]) * 255 / (8 * thresholdScale)) })
	place(3, "Brighter: red, darker: blue").cells(func(i int) rgb { return signed(int(e.Diff[i]) * 255 / (8 * diffScale)) })
	place(4, "How far each cell came").cells(func(i int) rgb { return stage(e.Stages[i]) })
	place(5, "").key()
	var enc compress.Encoder
	return enc.Append(nil, &d.Frame, quality)
}

// drawing is a picture of panels.
type drawing struct {
	*canvas
	e    *motion.Explanation
	cell int // pixels a side
}

// panel is a place for one picture of all cells.
type panel struct {
	*drawing
	x, y int
}

func (p *panel) cells(color func(i int) rgb) {
	for i := range p.e.W * p.e.H {
		p.fill(p.x+i%p.e.W*p.cell, p.y+i/p.e.W*p.cell, p.cell, p.cell, color(i))
	}
}

// picture draws the frame itself, so that its cells are as large as the others.
func (p *panel) picture(f *capture.Frame) error {
	var decoder luma.Decoder
	var small luma.Picture
	width := p.e.W * p.cell
	if err := decoder.Small(&small, f.Data, width); err != nil {
		return err
	}
	// Cells cover whole blocks; where the picture ends within one, so does what is drawn.
	w, h := f.Width*p.cell/8, f.Height*p.cell/8
	for y := range h {
		copyRow(p.luma[(p.y+y)*p.Width+p.x:][:w], &small.Planes[0], y, h)
		if small.N < 3 || y%2 != 0 {
			continue
		}
		for i := range p.chroma {
			copyRow(p.chroma[i][(p.y+y)/2*(p.Width/2)+p.x/2:][:w/2], &small.Planes[1+i], y, h)
		}
	}
	return nil
}

// copyRow makes row y of h of a picture.
func copyRow(dst []byte, src *luma.Samples, y, h int) {
	row := src.Pix[y*src.H/h*src.Stride:]
	for x := range dst {
		dst[x] = row[x*src.W/len(dst)]
	}
}

// outlines draws boxes around what was found.
func (p *panel) outlines() {
	for _, confirmed := range [...]bool{false, true} {
		for _, o := range p.e.Outlines {
			if o.Confirmed != confirmed {
				continue
			}
			color := unsure
			if confirmed {
				color = sure
			}
			p.frame(p.x+o.X*p.cell, p.y+o.Y*p.cell, o.W*p.cell, o.H*p.cell, color)
		}
	}
}

// key says what the colours mean, and what cannot be drawn.
func (p *panel) key() {
	x, y := p.x+2*letterWidth, p.y
	for _, k := range [...]struct {
		color rgb
		text  string
	}{
		{sure, "Motion"},
		{unsure, "Seen, not proven"},
		{voted, "Too few or too faint"},
		{alone, "Differs, alone"},
		{blinks, "Blinks"},
		{outside, "Not watched"},
	} {
		p.fill(p.x, y, letterHeight-2, letterHeight-2, k.color)
		p.write(x, y, white, k.text)
		y += letterHeight + 4
	}
	for _, text := range words(p.e) {
		p.write(p.x, y, dim, text)
		y += letterHeight + 4
	}
}
