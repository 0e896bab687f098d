package fmp4

import "encoding/binary"

// boxes writes MP4 boxes (ISO/IEC 14496-12, 4.2): a length of 32 bits, a type of four letters, and content, which
// may be boxes.
type boxes struct{ b []byte }

// box writes a box with what content writes.
func (w *boxes) box(kind string, content func()) {
	at := len(w.b)
	w.u32(0)
	w.b = append(w.b, kind...)
	content()
	binary.BigEndian.PutUint32(w.b[at:], uint32(len(w.b)-at))
}

// words writes a box of 32-bit numbers, of which the first holds version and flags where the type has them.
func (w *boxes) words(kind string, content ...uint32) {
	w.box(kind, func() {
		for _, v := range content {
			w.u32(v)
		}
	})
}

func (w *boxes) bytes(b ...byte) { w.b = append(w.b, b...) }
func (w *boxes) u16(v uint16)    { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *boxes) u32(v uint32)    { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *boxes) u64(v uint64)    { w.b = binary.BigEndian.AppendUint64(w.b, v) }

func (w *boxes) zeros(n int) {
	for range n {
		w.b = append(w.b, 0)
	}
}

// matrix is the transformation that changes nothing.
func (w *boxes) matrix() {
	for _, v := range [9]uint32{0: 1 << 16, 4: 1 << 16, 8: 1 << 30} {
		w.u32(v)
	}
}
