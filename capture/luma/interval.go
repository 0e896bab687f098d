package luma

// interval decodes the MCUs from first to before last, the first of which begins at bit pos of d.data. It returns how many
// MCUs of the picture are good, and why it stopped if that is not last.
//
// It is a state machine written out for the compiler, so that all it knows stays in registers: the lines for the rest of a
// block stand in it twice, once for luma and once for the other components, of which one value an MCU is needed. A look at a table costs
// 9 to 13 instructions. Where several calls that are inlined share a line with an instruction of this function, or a call
// stands in the head of its loop, that is to spare the no-op with which the compiler marks an inlined call otherwise.
func (d *jpegDecoder) interval(first, last int, pos uint) (good int, why string) {
	var (
		s         = &d.data
		r         = readerAt(s, pos)
		m         = &d.mcu
		x         = first % m.across
		stride    = m.across * m.cellsX
		at        = first/m.across*m.cellsY*stride + x*m.cellsX // the next cell
		cells     = d.cells
		start, ac = m.luma.tables.all()
		pred      int32
		quant     = m.quant
		e         uint // entry of a table
		k         uint // next coefficient in zigzag order; 64 and more: the block is done
	)
	for i := range m.others {
		m.others[i].pred = 0
	}
	for mcu := first; mcu < last; mcu++ {
		if r.pos() > s.limit {
			r = readerAt(s, s.more(r.pos()))
		}
		for i := 0; i < m.luma.blocks; i, r = i+1, r.refill(s) {
			e = uint(start[r.luma()])
			diff := int32(e) >> 16
			k, r = e>>8&0xFF, r.drop(e)
			for k < 64 {
				if k == 0 {
					if diff, k, r = s.difference(m.luma.dc, r); k == 0 {
						return mcu, invalidCode
					}
				}
				if looks == 1 {
					r = r.refill(s)
				}
				for {
					e = uint(ac[r.luma()])
					if k, r = k+e>>8, r.drop(e); k >= 64 {
						break
					}
					r = r.refill(s)
					if looks == 2 {
						e = uint(ac[r.luma()])
						if k, r = k+e>>8, r.drop(e); k >= 64 {
							break
						}
					}
				}
				if k > 64 && k-endOfBlock >= 64 {
					// A code longer than the window, or symbols that reach into the next block.
					if k, r = s.symbol(m.luma.ac, k-e>>8, r.pos()-e&31); k == invalid {
						return mcu, invalidCode
					}
				}
			}
			pred += diff
			v := pred * quant
			if uint32(v+1024) > 1024+1016 {
				v = clamp(v)
			}
			cells[at] = int16(v)
			at += m.steps[i&15]
		}
		for i := range m.others {
			other := &m.others[i]
			start, ac := other.tables.all()
			for n := other.blocks; n > 0; n, r = n-1, r.refill(s) {
				e = uint(start[r.other()])
				other.pred += int32(e) >> 16 // at once: there is no register for it
				k, r = e>>8&0xFF, r.drop(e)
				for k < 64 {
					if k == 0 {
						var diff int32
						if diff, k, r = s.difference(other.dc, r); k == 0 {
							return mcu, invalidCode
						}
						other.pred += diff
					}
					if looks == 1 {
						r = r.refill(s)
					}
					for {
						e = uint(ac[r.other()])
						if k, r = k+e>>8, r.drop(e); k >= 64 {
							break
						}
						r = r.refill(s)
						if looks == 2 {
							e = uint(ac[r.other()])
							if k, r = k+e>>8, r.drop(e); k >= 64 {
								break
							}
						}
					}
					if k > 64 && k-endOfBlock >= 64 {
						if k, r = s.symbol(other.ac, k-e>>8, r.pos()-e&31); k == invalid {
							return mcu, invalidCode
						}
					}
				}
			}
			other.cells[mcu] = int16(other.pred * other.quant)
		}
		if s.ended && r.pos() > s.limit {
			return mcu, tooShort
		}
		if x++; x == m.across {
			x = 0
			at += (m.cellsY - 1) * stride
		}
	}
	return d.end(first, last, r.pos())
}

// clamp is for values that no encoder makes. It is not inlined because its constants would take registers.
//
//go:noinline
func clamp(v int32) int32 { return min(max(v, -1024), 1016) }

// invalid is the coefficient after a symbol that does not exist.
const invalid = 255

// difference reads a DC difference. It returns the next coefficient, 0 if there is no such code.
func (s *stream) difference(h *huffman, r reader) (diff int32, k uint, after reader) {
	pos := r.pos()
	size, length := h.next(s.top(pos))
	if length == 0 || size > 15 {
		return 0, 0, r
	}
	pos += length
	diff = extend(s.top(pos)>>(16-size), uint(size))
	return diff, 1, readerAt(s, pos+uint(size))
}

// symbol reads the AC symbol of coefficient k at bit pos. It returns the next coefficient; 64 or more if the block is done,
// invalid if there is no such symbol.
func (s *stream) symbol(h *huffman, k, pos uint) (next uint, after reader) {
	symbol, length := h.next(s.top(pos))
	run, size := uint(symbol>>4), uint(symbol&15)
	switch {
	case length == 0:
		return invalid, after
	case size == 0 && run != 15:
		return endOfBlock, readerAt(s, pos+length)
	case k+run+1 > 64:
		return invalid, after
	}
	return k + run + 1, readerAt(s, pos+length+size)
}
