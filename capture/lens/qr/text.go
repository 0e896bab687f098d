package qr

// bitReader reads a code's data from its highest bit on.
type bitReader struct {
	data []byte
	pos  int // bits
}

func (r *bitReader) left() int { return 8*len(r.data) - r.pos }

// take returns the next n bits, at most 16; what is missing is zero.
func (r *bitReader) take(n int) (v int) {
	for range n {
		v <<= 1
		if r.pos < 8*len(r.data) {
			v |= int(r.data[r.pos/8] >> (7 - r.pos%8) & 1)
		}
		r.pos++
	}
	return v
}

// Modes of segments (ISO/IEC 18004, table 2).
const (
	modeEnd          = 0
	modeNumeric      = 1
	modeAlphanumeric = 2
	modeBytes        = 4
)

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// text reads segments of digits, of the 45 characters of alphanumeric mode, and of bytes, which are taken as they are. Codes of other
// modes (Kanji, parts of a series, other character sets) are not read.
func text(data []byte, version int) (string, bool) {
	r := bitReader{data: data}
	var out []byte
	for r.left() >= 4 {
		mode := r.take(4)
		if mode == modeEnd {
			break
		}
		bits, ok := countBits(mode, version)
		if !ok || r.left() < bits {
			return "", false
		}
		n := r.take(bits)
		if r.left() < segmentBits(mode, n) {
			return "", false
		}
		switch mode {
		case modeNumeric:
			out, ok = r.numeric(out, n)
		case modeAlphanumeric:
			out, ok = r.alphanumeric(out, n)
		case modeBytes:
			for range n {
				out = append(out, byte(r.take(8)))
			}
		}
		if !ok {
			return "", false
		}
	}
	return string(out), len(out) > 0
}

// countBits returns how many bits a segment's length has, of versions up to 26.
func countBits(mode, version int) (int, bool) {
	class := 0
	if version >= 10 {
		class = 1
	}
	switch mode {
	case modeNumeric:
		return [2]int{10, 12}[class], true
	case modeAlphanumeric:
		return [2]int{9, 11}[class], true
	case modeBytes:
		return [2]int{8, 16}[class], true
	}
	return 0, false
}

// segmentBits returns how many bits n characters take.
func segmentBits(mode, n int) int {
	switch mode {
	case modeNumeric:
		return n/3*10 + [3]int{0, 4, 7}[n%3]
	case modeAlphanumeric:
		return n/2*11 + n%2*6
	}
	return 8 * n
}

func (r *bitReader) numeric(out []byte, n int) ([]byte, bool) {
	for n > 0 {
		digits := min(n, 3)
		v := r.take([4]int{0, 4, 7, 10}[digits])
		if v >= [4]int{0, 10, 100, 1000}[digits] {
			return out, false
		}
		for unit := [4]int{0, 1, 10, 100}[digits]; unit > 0; unit /= 10 {
			out = append(out, byte('0'+v/unit%10))
		}
		n -= digits
	}
	return out, true
}

func (r *bitReader) alphanumeric(out []byte, n int) ([]byte, bool) {
	for ; n >= 2; n -= 2 {
		v := r.take(11)
		if v >= 45*45 {
			return out, false
		}
		out = append(out, alphanumeric[v/45], alphanumeric[v%45])
	}
	if n == 1 {
		v := r.take(6)
		if v >= 45 {
			return out, false
		}
		out = append(out, alphanumeric[v])
	}
	return out, true
}
