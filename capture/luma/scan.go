package luma

import (
	"slices"

	"signet/capture/mjpeg"
)

// Reasons of a BrokenError.
const (
	tooShort    = "ends too early"
	tooLong     = "more than the picture holds"
	invalidCode = "invalid code"
	noRestart   = "restart marker missing"
)

// stray is how many bytes may be left over at the end of a restart interval, or of the picture. Logitech's
// cameras leave up to nine there, of no meaning. Where bytes were lost within a frame, or two frames were run
// into one, and the codes happen to be valid all the same, many more are left over as a rule.
const stray = 16

// scan decodes the entropy-coded data at the start of b. It returns the marker behind them.
func (d *jpegDecoder) scan(p *Plane, b []byte) (marker byte, err error) {
	stride := d.mcu.across * d.mcu.cellsX
	cells := stride * d.mcu.down * d.mcu.cellsY
	d.cells = slices.Grow(d.cells[:0], cells)[:cells]
	d.arrange()
	marker, good, why := d.intervals(b, d.interval)
	rows := min(good/d.mcu.across*d.mcu.cellsY, p.H)
	for y := range rows {
		copy(p.Pix[y*p.W:][:p.W], d.cells[y*stride:])
	}
	d.colour(p, good)
	if why != "" {
		return 0, &BrokenError{Rows: rows, Why: why}
	}
	return marker, nil
}

// colour gives p the chroma of the good MCUs, if it is such.
func (d *jpegDecoder) colour(p *Plane, good int) {
	m := &d.mcu
	if len(m.others) != 2 || len(d.header.Components) != 3*3 {
		return
	}
	p.colour()
	for y, at := 0, 0; y < p.CH(); y, at = y+1, at+2 {
		row := at / m.cellsY * m.across
		if row+m.across > good {
			break
		}
		for i := range p.Chroma {
			out, cells := p.Chroma[i][y*p.CW():][:p.CW()], m.others[i].cells[row:][:m.across]
			if m.cellsX == 2 {
				copy(out, cells)
				continue
			}
			of, cell := 0, 0 // MCU, and cell in it
			for x := range out {
				for ; cell >= m.cellsX; cell -= m.cellsX {
					of++
				}
				out[x] = cells[of]
				cell += 2
			}
		}
	}
}

// intervals lets each restart interval of the scan at the start of b be decoded, from one MCU to before another; the first
// begins at bit pos of d.data. It returns the marker behind the scan, or how many MCUs are good and why the others are not.
//
// What it accepts is whole: as much as the picture needs and no more, every restart marker in its turn, and a
// marker behind.
func (d *jpegDecoder) intervals(b []byte, decode func(first, last int, pos uint) (good int, why string)) (marker byte, good int, why string) {
	total, step := d.mcu.across*d.mcu.down, d.restart
	if step == 0 {
		step = total
	}
	for first := 0; first < total; first += step {
		if first > 0 {
			if len(b) < 2 || b[1] != mjpeg.RST0+byte(first/step-1)%8 {
				return 0, first, noRestart
			}
			b = b[2:]
		}
		pos := d.data.start(b)
		if good, why := decode(first, min(first+step, total), pos); why != "" {
			return 0, good, why
		}
		b = d.data.src
	}
	switch {
	case len(b) < 2:
		return 0, total, tooShort
	case mjpeg.RST0 <= b[1] && b[1] <= mjpeg.RST7:
		return 0, 0, tooLong
	}
	return b[1], total, ""
}

// end returns what came of an interval whose last MCU ends at bit pos.
func (d *jpegDecoder) end(first, last int, pos uint) (good int, why string) {
	if d.data.left(pos) > 8*stray+7 {
		return first, tooLong
	}
	return last, ""
}
