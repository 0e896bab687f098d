package luma

import (
	"bytes"
	"encoding/binary"

	"signet/capture/mjpeg"
)

// slack is how many zero bytes follow the unstuffed data, so that refilling needs no test: no block can be
// longer (64 symbols of at most 31 bits), plus one load of eight bytes, plus what is loaded ahead.
const slack = 64*31/8 + 8 + 8

var zeros [slack]byte

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
	marker, good, why := d.intervals(b, d.mcuW*d.mcuH, func(first, last int) (int, string) { return d.interval(p, first, last) })
	if why != "" {
		return 0, &BrokenError{Rows: min(good/d.mcuW*d.cellsY, p.H), Why: why}
	}
	return marker, nil
}

// intervals lets each restart interval of the scan at the start of b be decoded, from one MCU to before another,
// out of d.unstuffed. It returns the marker behind the scan, or how many MCUs are good and why the others are not.
//
// What it accepts is whole: as much as the picture needs and no more, every restart marker in its turn, and a
// marker behind.
func (d *jpegDecoder) intervals(b []byte, total int, decode func(first, last int) (good int, why string)) (marker byte, good int, why string) {
	if cap(d.unstuffed) < len(b)+slack {
		d.unstuffed = make([]byte, 0, len(b)+len(b)/4+slack)
	}
	step := d.restart
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
		var n int
		d.unstuffed, n = unstuff(d.unstuffed[:0], b)
		d.unstuffed = append(d.unstuffed, zeros[:]...)
		b = b[n:]
		if good, why := decode(first, min(first+step, total)); why != "" {
			return 0, good, why
		}
	}
	switch {
	case len(b) < 2:
		return 0, total, tooShort
	case mjpeg.RST0 <= b[1] && b[1] <= mjpeg.RST7:
		return 0, 0, tooLong
	}
	return b[1], total, ""
}

// unstuff appends to dst the entropy-coded data at the start of b up to the next marker, with FF 00 made
// FF. It returns where the marker begins.
func unstuff(dst, b []byte) ([]byte, int) {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], 0xFF)
		if i < 0 {
			return append(dst, b[at:]...), len(b)
		}
		i += at
		switch {
		case i+1 >= len(b):
			return append(dst, b[at:i]...), len(b)
		case b[i+1] == 0:
			dst = append(dst, b[at:i+1]...)
			at = i + 2
		case b[i+1] == 0xFF: // a fill byte
			dst = append(dst, b[at:i]...)
			at = i + 1
		default:
			return append(dst, b[at:i]...), i
		}
	}
}

// interval decodes the MCUs from first to before last from d.unstuffed. It returns how many MCUs of the picture
// are good, and why it stopped if that is not last.
//
// It is one long function so that the bit buffer stays in registers. buf holds the next n bits, topmost
// first; below them are bits that the next refill brings again. A refill leaves n at 56 or more; a look
// into a table takes at most 27 bits, so two looks need one refill.
func (d *jpegDecoder) interval(p *Plane, first, last int) (done int, why string) {
	var (
		data = d.unstuffed
		bits = 8 * (len(data) - slack)
		buf  uint64
		n    uint
		pos  int
		pred int32
	)
	x0, y0 := first%d.mcuW*d.cellsX, first/d.mcuW*d.cellsY // cell of the MCU's corner
	for mcu := first; mcu < last; mcu++ {
		for i := range d.blocks {
			b := &d.blocks[i]

			buf |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
			pos += int((63 - n) >> 3)
			n |= 56

			var diff int32
			k := uint(1) // next coefficient in zigzag order; 64 and more: the block is done
			e := uint(b.start[buf>>(64-window)])
			if e>>8&0xFF != escape {
				diff = int32(e) >> 16
				k += e >> 8 & 0xFF
				buf <<= e & 31
				n -= e & 31
			} else {
				size, length := b.dcSlow.next(uint32(buf >> 48))
				if length == 0 || size > 15 {
					return mcu, invalidCode
				}
				buf <<= length & 31
				diff = extend(uint32(buf>>1>>(63-size&63)), uint(size))
				buf <<= size & 31
				n -= length + uint(size)
			}

			ac := b.ac
			for k < 64 {
				e = uint(ac[buf>>(64-window)])
				k2 := k + e>>8
				if k2 < 64 {
					buf <<= e & 31
					n -= e & 31
					k = k2

					buf |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
					pos += int((63 - n) >> 3)
					n |= 56

					e = uint(ac[buf>>(64-window)])
					k2 = k + e>>8
					if k2 < 64 {
						buf <<= e & 31
						n -= e & 31
						k = k2
						continue
					}
				}
				if k2 == 64 || k2-endOfBlock < 64 {
					buf <<= e & 31
					n -= e & 31
					break
				}

				// A code longer than the window, or symbols that reach into the next block: one symbol.
				buf |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
				pos += int((63 - n) >> 3)
				n |= 56
				symbol, length := b.acSlow.next(uint32(buf >> 48))
				if length == 0 {
					return mcu, invalidCode
				}
				run, size := uint(symbol>>4), uint(symbol&15)
				buf <<= (length + size) & 31
				n -= length + size
				if size == 0 && run != 15 {
					break
				}
				if k += run + 1; k > 64 {
					return mcu, invalidCode
				}
				buf |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
				pos += int((63 - n) >> 3)
				n |= 56
			}

			if 8*pos-int(n) > bits {
				return mcu, tooShort
			}
			if b.luma {
				pred += diff
				x, y := x0+b.dx, y0+b.dy
				if x < p.W && y < p.H {
					p.Pix[y*p.W+x] = int16(min(max(pred*b.quant[0], -1024), 1016))
				}
			}
		}
		if x0 += d.cellsX; x0 >= d.mcuW*d.cellsX {
			x0 = 0
			y0 += d.cellsY
		}
	}
	if bits-8*pos+int(n) > 8*stray+7 {
		return first, tooLong
	}
	return last, ""
}
