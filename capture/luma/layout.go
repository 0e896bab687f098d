package luma

import (
	"fmt"

	"signet/capture/mjpeg"
)

// mcu is how the MCUs of a scan are made up (T.81 A.2).
type mcu struct {
	across, down   int // of them in the picture
	blocks         []block
	cellsX, cellsY int   // blocks of luma in an MCU
	quant          int32 // of luma's DC

	// What interval needs of these blocks; see arrange.
	luma   run[lumaTables]
	others []other
	steps  [16]int // from each cell of luma to the next one, at last that of the next MCU
}

// run is a run of blocks of an MCU that use the same tables.
type run[T any] struct {
	tables *T
	dc, ac *huffman
	blocks int
}

// other is a component other than luma.
type other struct {
	run[otherTables]
	quant int32
	pred  int32   // DC of the last block
	cells []int16 // of the first block of each MCU
}

// block is one block of an MCU.
type block struct {
	component    int // 0 is luma
	dc, ac       int // numbers of its Huffman tables
	quant        *[64]int32
	across, down int // blocks of the component in an MCU
	dx, dy       int // its place among them
}

// layout prepares d.mcu from a SOS segment (T.81 B.2.3). It says whether luma is in the scan; its blocks are the first then.
func (d *jpegDecoder) layout(sos []byte) (luma bool, err error) {
	if len(sos) < 1 || sos[0] < 1 || sos[0] > 4 || len(sos) < 4+2*int(sos[0]) {
		return false, fmt.Errorf("%w: short scan header", mjpeg.ErrTorn)
	}
	h, m := &d.header, &d.mcu
	hmax, vmax, err := sampling(h)
	if err != nil {
		return false, err
	}
	m.across = (h.Width + 8*hmax - 1) / (8 * hmax)
	m.down = (h.Height + 8*vmax - 1) / (8 * vmax)
	m.blocks = m.blocks[:0]
	before := -1
	for c := sos[1:][:2*int(sos[0])]; len(c) >= 2; c = c[2:] {
		b, err := d.component(c[0], c[1])
		if err != nil {
			return false, err
		}
		if b.component <= before {
			return false, fmt.Errorf("%w: components of the scan out of order", mjpeg.ErrTorn)
		}
		before = b.component
		if sos[0] == 1 { // not interleaved: an MCU is one block, whatever the sampling
			m.across = (h.Width*b.across + 8*hmax - 1) / (8 * hmax)
			m.down = (h.Height*b.down + 8*vmax - 1) / (8 * vmax)
			b.across, b.down = 1, 1
		}
		if b.component == 0 {
			luma, m.cellsX, m.cellsY, m.quant = true, b.across, b.down, b.quant[0]
		}
		for b.dy = range b.down {
			for b.dx = range b.across {
				m.blocks = append(m.blocks, b)
			}
		}
	}
	if len(m.blocks) > maxBlocks {
		return false, fmt.Errorf("%w: %d blocks in an MCU", mjpeg.ErrTorn, len(m.blocks))
	}
	return luma, nil
}

// sampling returns how many blocks of luma an MCU has across and down: the most of all components.
func sampling(h *mjpeg.Header) (across, down int, err error) {
	for c := h.Components; len(c) >= 3; c = c[3:] {
		ch, cv := int(c[1]>>4), int(c[1]&15)
		if ch < 1 || ch > 4 || cv < 1 || cv > 4 {
			return 0, 0, fmt.Errorf("%w: sampling %dx%d", mjpeg.ErrTorn, ch, cv)
		}
		across, down = max(across, ch), max(down, cv)
	}
	if luma := int(h.Components[1]); luma != across<<4|down {
		return 0, 0, fmt.Errorf("%w: luma sampled less than chroma", ErrUnsupported)
	}
	return across, down, nil
}

// component returns what the blocks of one component of the scan have in common.
func (d *jpegDecoder) component(id, tables byte) (block, error) {
	of := d.header.Components
	i := 0
	for of[3*i] != id {
		if i++; 3*i >= len(of) {
			return block{}, fmt.Errorf("%w: component %d is not in the frame", mjpeg.ErrTorn, id)
		}
	}
	c := of[3*i:][:3] // id, sampling, quantisation table
	dc, ac := int(tables>>4), int(tables&15)
	if dc > 3 || ac > 3 || !d.dc[dc].present || !d.ac[ac].present {
		return block{}, fmt.Errorf("%w: a Huffman table is missing", mjpeg.ErrTorn)
	}
	if c[2] > 3 || d.quant[c[2]][0] == 0 {
		return block{}, fmt.Errorf("%w: quantisation table %d is missing", mjpeg.ErrTorn, c[2])
	}
	return block{
		component: i, dc: dc, ac: ac, quant: &d.quant[c[2]],
		across: int(c[1] >> 4), down: int(c[1] & 15),
	}, nil
}

// arrange sorts the blocks of an MCU, whose first is of luma, into runs.
func (d *jpegDecoder) arrange() {
	m := &d.mcu
	stride := m.across * m.cellsX
	at := 0
	var last *block
	m.luma.blocks, m.others = 0, m.others[:0]
	for i := range m.blocks {
		b := &m.blocks[i]
		dc, ac := &d.dc[b.dc].huffman, &d.ac[b.ac].huffman
		switch {
		case i == 0:
			m.luma = run[lumaTables]{d.lumas.of(d, b.dc, b.ac), dc, ac, 1}
		case b.component == 0:
			to := b.dy*stride + b.dx
			m.steps[i-1], at = to-at, to
			m.luma.blocks++
		case last.component == b.component:
			m.others[len(m.others)-1].blocks++
		default:
			cells := &d.chroma[b.component-1]
			*cells = resize(*cells, m.across*m.down)
			m.others = append(m.others, other{
				run:   run[otherTables]{d.others.of(d, b.dc, b.ac), dc, ac, 1},
				quant: b.quant[0], cells: *cells,
			})
		}
		last = b
	}
	m.steps[m.luma.blocks-1] = m.cellsX - at
}
