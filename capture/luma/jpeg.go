package luma

import (
	"bytes"
	"fmt"

	"signet/capture/mjpeg"
)

// jpegDecoder reads sequential JPEGs: the DC coefficients of the first component, or small pictures of all.
type jpegDecoder struct {
	header  mjpeg.Header
	quant   [4][64]int32 // quantisers of each table in zigzag order; the first is 0: no table
	restart int          // MCUs between restart markers; 0: none
	dc, ac  [4]table
	lumas   tableCache[lumaTables, *lumaTables]
	others  tableCache[otherTables, *otherTables]
	mcu     mcu
	cells   []int16    // luma of whole MCUs
	chroma  [3][]int16 // the first block of each of the other components in each MCU
	data    stream
}

// table is a Huffman table with a count of its changes, from which the fast tables tell that they are old.
type table struct {
	huffman
	version int
	present bool // in this image; the symbols may be those of an earlier one
}

func (d *jpegDecoder) decode(p *Plane, img []byte) error {
	return d.scans(img, func(s mjpeg.Segment) (done bool, err error) {
		h := &d.header
		luma, err := d.layout(s.Payload)
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
