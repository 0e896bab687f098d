package luma

import (
	"bytes"
	"fmt"

	"signet/capture/mjpeg"
)

// jpegDecoder reads the DC coefficients of the first component of sequential JPEGs.
type jpegDecoder struct {
	quant     [4]int32 // first (DC) quantiser of each table; 0: none
	restart   int      // MCUs between restart markers; 0: none
	dc, ac    [4]table
	fastAC    [4]fastAC
	starts    []blockStart
	blocks    []block // the blocks of one MCU, in order
	mcuW      int     // MCUs in a row
	mcuH      int     // rows of MCUs
	cellsX    int     // luma cells in an MCU, across
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
	start  *startTable
	ac     *acTable
	dcSlow *huffman
	acSlow *huffman
	luma   bool
	dx, dy int // of luma: its cell within the MCU
	quant  int32
}

func (d *jpegDecoder) decode(p *Plane, img []byte) error {
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
	d.quant = [4]int32{}
	d.restart = 0
	for i := range d.dc {
		d.dc[i].present, d.ac[i].present = false, false
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
			return fmt.Errorf("%w: no scan with luma", mjpeg.ErrTorn)
		case mjpeg.SOS:
			var luma bool
			luma, err = d.layout(&h, s.Payload)
			if err == nil && luma {
				p.Resize((h.Width+7)/8, (h.Height+7)/8)
				marker, err := d.scan(p, img[s.Next:])
				if err == nil && marker != mjpeg.EOI { // chroma has scans of its own
					_, err = mjpeg.End(img)
				}
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
		d.quant[id] = int32(b[1])
		if wide == 1 {
			d.quant[id] = int32(b[1])<<8 | int32(b[2])
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

// layout prepares the blocks of an MCU from a SOS segment (T.81 A.2, B.2.3). It says false, and prepares
// nothing, if the scan is without luma.
func (d *jpegDecoder) layout(h *mjpeg.Header, sos []byte) (luma bool, err error) {
	if len(sos) < 1 || sos[0] < 1 || sos[0] > 4 || len(sos) < 4+2*int(sos[0]) {
		return false, fmt.Errorf("%w: short scan header", mjpeg.ErrTorn)
	}
	inScan := sos[1:][:2*int(sos[0])]
	first := h.Components[:3] // id, sampling, quantisation table
	hmax, vmax := 0, 0
	for c := h.Components; len(c) >= 3; c = c[3:] {
		ch, cv := int(c[1]>>4), int(c[1]&15)
		if ch < 1 || ch > 4 || cv < 1 || cv > 4 {
			return false, fmt.Errorf("%w: sampling %dx%d", mjpeg.ErrTorn, ch, cv)
		}
		hmax, vmax = max(hmax, ch), max(vmax, cv)
	}
	for c := inScan; len(c) >= 2; c = c[2:] {
		luma = luma || c[0] == first[0]
	}
	if !luma {
		return false, nil
	}
	if int(first[1]>>4) != hmax || int(first[1]&15) != vmax {
		return false, fmt.Errorf("%w: luma sampled less than chroma", ErrUnsupported)
	}
	if len(inScan) == 2 { // not interleaved: an MCU is one block, whatever the sampling
		hmax, vmax = 1, 1
	}
	d.cellsX, d.cellsY = hmax, vmax
	d.mcuW = (h.Width + 8*hmax - 1) / (8 * hmax)
	d.mcuH = (h.Height + 8*vmax - 1) / (8 * vmax)
	d.blocks = d.blocks[:0]
	for c := inScan; len(c) >= 2; c = c[2:] {
		if err := d.component(h, c[0], c[1], len(inScan) == 2); err != nil {
			return false, err
		}
	}
	if len(d.blocks) > 10 {
		return false, fmt.Errorf("%w: %d blocks in an MCU", mjpeg.ErrTorn, len(d.blocks))
	}
	return true, nil
}

// component adds the blocks of one component of the scan.
func (d *jpegDecoder) component(h *mjpeg.Header, id, tables byte, alone bool) error {
	var c []byte
	for r := h.Components; len(r) >= 3; r = r[3:] {
		if r[0] == id {
			c = r
			break
		}
	}
	if c == nil {
		return fmt.Errorf("%w: component %d is not in the frame", mjpeg.ErrTorn, id)
	}
	dc, ac := int(tables>>4), int(tables&15)
	if dc > 3 || ac > 3 || !d.dc[dc].present || !d.ac[ac].present {
		return fmt.Errorf("%w: a Huffman table is missing", mjpeg.ErrTorn)
	}
	b := block{
		start:  d.blockStart(dc, ac),
		ac:     d.fast(ac),
		dcSlow: &d.dc[dc].huffman,
		acSlow: &d.ac[ac].huffman,
		luma:   id == h.Components[0],
	}
	if b.luma {
		if c[2] > 3 || d.quant[c[2]] == 0 {
			return fmt.Errorf("%w: quantisation table %d is missing", mjpeg.ErrTorn, c[2])
		}
		b.quant = d.quant[c[2]]
	}
	across, down := int(c[1]>>4), int(c[1]&15)
	if alone {
		across, down = 1, 1
	}
	for b.dy = range down {
		for b.dx = range across {
			d.blocks = append(d.blocks, b)
		}
	}
	return nil
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
