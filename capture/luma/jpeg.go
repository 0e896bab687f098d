package luma

import (
	"bytes"
	"fmt"

	"signet/capture/mjpeg"
)

// jpegDecoder reads sequential JPEGs: the DC coefficients of the first component, or small pictures of all.
type jpegDecoder struct {
	header    mjpeg.Header
	quant     [4][64]int32 // quantisers of each table in zigzag order; the first is 0: no table
	restart   int          // MCUs between restart markers; 0: none
	dc, ac    [4]table
	fastAC    [4]fastAC
	starts    []blockStart
	blocks    []block // the blocks of one MCU, in order
	mcuW      int     // MCUs in a row
	mcuH      int     // rows of MCUs
	cellsX    int     // blocks of luma in an MCU, across
	cellsY    int     // and down
	unstuffed []byte  // entropy-coded data without stuffing
}

// table is a Huffman table with a count of its changes, from which the fast tables tell that they are old.
type table struct {
	huffman
	version int
	present bool // in this image; the symbols may be those of an earlier one
}

type fastAC struct {
	*acTable
	version int
}

type blockStart struct {
	*startTable
	dc, ac               int // numbers of the tables
	dcVersion, acVersion int
}

// block is one block of an MCU.
type block struct {
	start        *startTable
	ac           *acTable
	dcSlow       *huffman
	acSlow       *huffman
	quant        *[64]int32
	component    int // 0 is luma
	luma         bool
	across, down int // blocks of the component in an MCU
	dx, dy       int // its place among them
}

func (d *jpegDecoder) decode(p *Plane, img []byte) error {
	return d.scans(img, func(s mjpeg.Segment) (done bool, err error) {
		h := &d.header
		luma, err := d.layout(h, s.Payload)
		if err != nil || !luma {
			return false, err
		}
		p.Resize((h.Width+7)/8, (h.Height+7)/8)
		marker, err := d.scan(p, img[s.Next:])
		if err == nil && marker != mjpeg.EOI { // chroma has scans of its own
			_, err = mjpeg.End(img)
		}
		return true, err
	})
}

// scans reads the tables of an image and calls scan for each of its scans, until that is done.
func (d *jpegDecoder) scans(img []byte, scan func(mjpeg.Segment) (done bool, err error)) error {
	h, err := mjpeg.Parse(img)
	if err != nil {
		return err
	}
	switch {
	case h.Progressive():
		return fmt.Errorf("%w: progressive JPEG", ErrUnsupported)
	case h.SOF != mjpeg.SOF0 && h.SOF != mjpeg.SOF1:
		return fmt.Errorf("%w: JPEG of kind %#x", ErrUnsupported, h.SOF)
	case h.Precision != 8:
		return fmt.Errorf("%w: JPEG of %d bits a sample", ErrUnsupported, h.Precision)
	}
	d.header, d.restart = h, 0
	for i := range d.dc {
		d.quant[i][0], d.dc[i].present, d.ac[i].present = 0, false, false
	}
	if !h.HasTables {
		if err := d.huffmanTables(mjpeg.StandardTables()); err != nil {
			return err
		}
	}
	for at := 2; ; {
		s, err := mjpeg.NextSegment(img, at)
		if err != nil {
			return err
		}
		at = s.Next
		switch s.Marker {
		case mjpeg.DQT:
			err = d.quantisers(s.Payload)
		case mjpeg.DHT:
			err = d.huffmanTables(s.Payload)
		case mjpeg.DRI:
			if len(s.Payload) < 2 {
				return fmt.Errorf("%w: short restart interval", mjpeg.ErrTorn)
			}
			d.restart = int(s.Payload[0])<<8 | int(s.Payload[1])
		case mjpeg.EOI:
			return fmt.Errorf("%w: a scan is missing", mjpeg.ErrTorn)
		case mjpeg.SOS:
			var done bool
			if done, err = scan(s); done {
				return err
			}
			at += scanLength(img[at:])
		}
		if err != nil {
			return err
		}
	}
}

// quantisers reads a DQT segment (T.81 B.2.4.1).
func (d *jpegDecoder) quantisers(b []byte) error {
	for len(b) > 0 {
		wide, id := b[0]>>4, b[0]&15
		n := 1 + 64*(1+int(wide))
		if wide > 1 || id > 3 || len(b) < n {
			return fmt.Errorf("%w: quantisation table %#x", mjpeg.ErrTorn, b[0])
		}
		for i := range d.quant[id] {
			if wide == 1 {
				d.quant[id][i] = int32(b[1+2*i])<<8 | int32(b[2+2*i])
			} else {
				d.quant[id][i] = int32(b[1+i])
			}
		}
		b = b[n:]
	}
	return nil
}

// huffmanTables reads a DHT segment (T.81 B.2.4.2).
func (d *jpegDecoder) huffmanTables(b []byte) error {
	for len(b) > 0 {
		class, id := b[0]>>4, b[0]&15
		if class > 1 || id > 3 {
			return fmt.Errorf("%w: Huffman table %#x", mjpeg.ErrTorn, b[0])
		}
		t := &d.dc[id]
		if class == 1 {
			t = &d.ac[id]
		}
		n, changed, err := t.set(b[1:])
		if changed {
			t.version++
		}
		if err != nil {
			return err
		}
		t.present = true
		b = b[1+n:]
	}
	return nil
}

// scanLength returns where the entropy-coded data at the start of b end: at the next marker that is no
// restart.
func scanLength(b []byte) int {
	for at := 0; ; at += 2 {
		i := bytes.IndexByte(b[at:], 0xFF)
		if i < 0 || at+i+1 >= len(b) {
			return len(b)
		}
		at += i
		if m := b[at+1]; m != 0 && (m < mjpeg.RST0 || m > mjpeg.RST7) {
			return at
		}
	}
}

// layout prepares the blocks of an MCU from a SOS segment (T.81 A.2, B.2.3). It says whether luma is in the scan.
func (d *jpegDecoder) layout(h *mjpeg.Header, sos []byte) (luma bool, err error) {
	if len(sos) < 1 || sos[0] < 1 || sos[0] > 4 || len(sos) < 4+2*int(sos[0]) {
		return false, fmt.Errorf("%w: short scan header", mjpeg.ErrTorn)
	}
	hmax, vmax, err := sampling(h)
	if err != nil {
		return false, err
	}
	d.mcuW = (h.Width + 8*hmax - 1) / (8 * hmax)
	d.mcuH = (h.Height + 8*vmax - 1) / (8 * vmax)
	d.blocks = d.blocks[:0]
	for c := sos[1:][:2*int(sos[0])]; len(c) >= 2; c = c[2:] {
		b, err := d.component(h, c[0], c[1])
		if err != nil {
			return false, err
		}
		if sos[0] == 1 { // not interleaved: an MCU is one block, whatever the sampling
			d.mcuW = (h.Width*b.across + 8*hmax - 1) / (8 * hmax)
			d.mcuH = (h.Height*b.down + 8*vmax - 1) / (8 * vmax)
			b.across, b.down = 1, 1
		}
		if b.luma {
			luma, d.cellsX, d.cellsY = true, b.across, b.down
		}
		for b.dy = range b.down {
			for b.dx = range b.across {
				d.blocks = append(d.blocks, b)
			}
		}
	}
	if len(d.blocks) > 10 {
		return false, fmt.Errorf("%w: %d blocks in an MCU", mjpeg.ErrTorn, len(d.blocks))
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
func (d *jpegDecoder) component(h *mjpeg.Header, id, tables byte) (block, error) {
	i := 0
	for h.Components[3*i] != id {
		if i++; 3*i >= len(h.Components) {
			return block{}, fmt.Errorf("%w: component %d is not in the frame", mjpeg.ErrTorn, id)
		}
	}
	c := h.Components[3*i:][:3] // id, sampling, quantisation table
	dc, ac := int(tables>>4), int(tables&15)
	if dc > 3 || ac > 3 || !d.dc[dc].present || !d.ac[ac].present {
		return block{}, fmt.Errorf("%w: a Huffman table is missing", mjpeg.ErrTorn)
	}
	if c[2] > 3 || d.quant[c[2]][0] == 0 {
		return block{}, fmt.Errorf("%w: quantisation table %d is missing", mjpeg.ErrTorn, c[2])
	}
	return block{
		start:     d.blockStart(dc, ac),
		ac:        d.fast(ac),
		dcSlow:    &d.dc[dc].huffman,
		acSlow:    &d.ac[ac].huffman,
		quant:     &d.quant[c[2]],
		component: i,
		luma:      i == 0,
		across:    int(c[1] >> 4),
		down:      int(c[1] & 15),
	}, nil
}

// fast returns the AC table, built anew only if its symbols have changed.
func (d *jpegDecoder) fast(ac int) *acTable {
	f := &d.fastAC[ac]
	if f.acTable == nil {
		f.acTable = new(acTable)
	}
	if f.version != d.ac[ac].version {
		f.build(&d.ac[ac].huffman)
		f.version = d.ac[ac].version
	}
	return f.acTable
}

// blockStart returns the table for a pair of a DC and an AC table, built anew only if one has changed.
func (d *jpegDecoder) blockStart(dc, ac int) *startTable {
	var s *blockStart
	for i := range d.starts {
		if d.starts[i].dc == dc && d.starts[i].ac == ac {
			s = &d.starts[i]
		}
	}
	if s == nil {
		d.starts = append(d.starts, blockStart{startTable: new(startTable), dc: dc, ac: ac})
		s = &d.starts[len(d.starts)-1]
	}
	if s.dcVersion != d.dc[dc].version || s.acVersion != d.ac[ac].version {
		s.build(&d.dc[dc].huffman, &d.ac[ac].huffman)
		s.dcVersion, s.acVersion = d.dc[dc].version, d.ac[ac].version
	}
	return s.startTable
}
