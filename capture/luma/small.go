package luma

import (
	"fmt"

	"signet/capture/mjpeg"
)

// Picture is an image in colour, at a fraction of its size. The zero Picture is ready to be decoded into.
type Picture struct {
	N      int        // planes: 1 if it is grey, else 3
	Planes [3]Samples // Y, Cb, Cr
}

// Samples is one plane of a Picture. Planes of chroma may be smaller than that of luma in either direction.
type Samples struct {
	W, H, Stride int
	Pix          []byte
}

// Small sets p to the JPEG image img at 1/8, 1/4, 1/2 or all of its size: the least at which it is width pixels
// wide. It looks at those frequencies alone that so small a picture has, and allocates nothing once p is large
// enough. Errors are those of Decode; p is then without meaning.
func (d *Decoder) Small(p *Picture, img []byte, width int) error {
	if err := d.jpeg.small(p, img, width); err != nil {
		return fmt.Errorf("decode small picture: %w", err)
	}
	return nil
}

func (d *jpegDecoder) small(p *Picture, img []byte, width int) error {
	var size, missing int
	return d.scans(img, func(s mjpeg.Segment) (done bool, err error) {
		if missing == 0 { // the first scan
			if size, err = d.planes(p, width); err != nil {
				return true, err
			}
			missing = p.N
		}
		if _, err := d.layout(s.Payload); err != nil {
			return true, err
		}
		for _, b := range d.mcu.blocks {
			d.dc[b.dc].index()
			d.ac[b.ac].index()
			d.others.of(d, b.dc, b.ac)
		}
		marker, good, why := d.intervals(img[s.Next:], func(first, last int, pos uint) (int, string) {
			return d.smallInterval(p, size, first, last, pos)
		})
		if why != "" {
			return true, &BrokenError{Rows: good / d.mcu.across * d.mcu.blocks[0].down, Why: why}
		}
		if missing -= int(s.Payload[0]); missing <= 0 && marker != mjpeg.EOI {
			_, err = mjpeg.End(img)
		}
		return missing <= 0, err
	})
}

// planes makes p large enough. It returns how many samples a block is wide and high.
func (d *jpegDecoder) planes(p *Picture, width int) (size int, err error) {
	h := &d.header
	hmax, vmax, err := sampling(h)
	if err != nil {
		return 0, err
	}
	size = 1
	for size < 8 && h.Width*size < 8*width {
		size *= 2
	}
	if p.N = len(h.Components) / 3; p.N != 1 && p.N != 3 {
		return 0, fmt.Errorf("%w: JPEG of %d components", ErrUnsupported, p.N)
	}
	for i := range p.N {
		across, down := int(h.Components[3*i+1]>>4), int(h.Components[3*i+1]&15)
		s := &p.Planes[i]
		s.Stride = (h.Width + 8*hmax - 1) / (8 * hmax) * across * size
		rows := (h.Height + 8*vmax - 1) / (8 * vmax) * down * size
		if cap(s.Pix) < s.Stride*rows {
			s.Pix = make([]byte, s.Stride*rows)
		}
		s.Pix = s.Pix[:s.Stride*rows]
		s.W = (h.Width*across*size + 8*hmax - 1) / (8 * hmax)
		s.H = (h.Height*down*size + 8*vmax - 1) / (8 * vmax)
	}
	return size, nil
}

// smallInterval decodes the MCUs from first to before last from d.data, as interval does. It does so a symbol
// at a time: values are needed, and thumbnails are rare.
func (d *jpegDecoder) smallInterval(p *Picture, size, first, last int, pos uint) (good int, why string) {
	r := bitReader{&d.data, pos}
	var pred [3]int32
	var coefficients [64]int32
	for mcu := first; mcu < last; mcu++ {
		x, y := mcu%d.mcu.across, mcu/d.mcu.across
		if r.pos > r.limit {
			r.pos = r.more(r.pos)
		}
		for i := range d.mcu.blocks {
			b := &d.mcu.blocks[i]
			diff, flat, ok := r.block(&coefficients, d, b, size)
			switch {
			case !ok:
				return mcu, invalidCode
			case d.data.ended && r.pos > r.limit:
				return mcu, tooShort
			}
			pred[b.component] += diff
			coefficients[0] = pred[b.component] * b.quant[0]
			s := &p.Planes[b.component]
			to := s.Pix[(y*b.down+b.dy)*size*s.Stride+(x*b.across+b.dx)*size:]
			if flat {
				fill(to, s.Stride, coefficients[0], size)
			} else {
				inverse(to, s.Stride, &coefficients, size)
			}
		}
	}
	return d.end(first, last, r.pos)
}

const zeros16 = 0xF0 // the symbol of sixteen coefficients that are zero

// bitReader reads a stream.
type bitReader struct {
	*stream
	pos uint
}

func (r *bitReader) symbol(h *huffman) (symbol byte, ok bool) {
	w := r.top(r.pos)
	if e := h.short[w>>(16-shortBits)]; e != 0 {
		r.pos += uint(e & 0xFF)
		return byte(e >> 8), true
	}
	symbol, length := h.next(w)
	r.pos += length
	return symbol, length > 0
}

// number reads the size bits that follow a symbol, at most 15.
func (r *bitReader) number(size uint) int32 {
	w := r.top(r.pos)
	r.pos += size
	return extend(w>>(16-size), size)
}

// lastOf is the last place in zigzag order that a picture of so many samples a block needs.
func lastOf(size int) int { return [...]int{1: 0, 2: 4, 4: 24, 8: 63}[size] }

// block reads a block: the DC difference, and into c those AC coefficients that a picture of size x size samples
// has, times their quantisers, in the order of the block; flat says that there are none.
func (r *bitReader) block(c *[64]int32, d *jpegDecoder, b *block, size int) (diff int32, flat, ok bool) {
	n, ok := r.symbol(&d.dc[b.dc].huffman)
	if !ok || n > 15 {
		return 0, false, false
	}
	diff, flat = r.number(uint(n)), true
	last := lastOf(size)
	ac := &d.ac[b.ac].huffman
	k := 1
	for k <= last {
		s, ok := r.symbol(ac)
		n := uint(s & 15)
		if n == 0 && s != zeros16 {
			return diff, flat, ok
		}
		if k += int(s >> 4); k > 63 || !ok {
			return 0, false, false
		}
		v := r.number(n)
		if z := zigzag[k]; int(z>>3) < size && int(z&7) < size {
			if flat {
				clear(c[:8*size])
				flat = false
			}
			c[z] = v * b.quant[k]
		}
		k++
	}
	return diff, flat, r.skip(ac, d.others.of(d, b.dc, b.ac), k)
}

// skip passes over the coefficients of a block from place k on, several at a time.
func (r *bitReader) skip(slow *huffman, fast *otherTables, k int) bool {
	_, ac := fast.all()
	for k < 64 {
		e := uint(ac[r.look(r.pos)>>(wordBits-otherWindow)])
		to := k + int(e>>8)
		if to <= 64 || to >= endOfBlock && to < endOfBlock+64 {
			r.pos += e & 31
			k = to
			continue
		}
		s, ok := r.symbol(slow) // a code longer than the window, or symbols that reach into the next block
		if !ok {
			return false
		}
		if r.pos += uint(s & 15); s&15 == 0 && s != zeros16 {
			return true
		}
		k += int(s>>4) + 1
	}
	return k == 64 || k >= endOfBlock
}
