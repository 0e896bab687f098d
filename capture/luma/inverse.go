package luma

// zigzag is the order in which coefficients are sent (T.81 figure 5), as v<<3 | u.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// What each frequency u adds to each sample x of a row of 4 or 8, at [x*size+u], times 1 << waveBits:
// sqrt((u > 0 ? 2 : 1) / 8) * cos((2x+1) u pi / (2 size)). The inverse transform of the lowest frequencies alone is
// the picture at that fraction of its size.
const waveBits = 12

var (
	waves4 = [...]int32{
		1448, 1892, 1448, 784,
		1448, 784, -1448, -1892,
		1448, -784, -1448, 1892,
		1448, -1892, 1448, -784,
	}
	waves8 = [...]int32{
		1448, 2009, 1892, 1703, 1448, 1138, 784, 400,
		1448, 1703, 784, -400, -1448, -2009, -1892, -1138,
		1448, 1138, -784, -2009, -1448, 400, 1892, 1703,
		1448, 400, -1892, -1138, 1448, 1703, -784, -2009,
		1448, -400, -1892, 1138, 1448, -1703, -784, 2009,
		1448, -1138, -784, 2009, -1448, -400, 1892, -1703,
		1448, -1703, 784, 400, -1448, 2009, -1892, 1138,
		1448, -2009, 1892, -1703, 1448, -1138, 784, -400,
	}
)

// inverse writes size x size samples made of as many coefficients of c, in which a row of the block has eight.
func inverse(dst []byte, stride int, c *[64]int32, size int) {
	switch size {
	case 1:
		dst[0] = sample(c[0]+4, 3)
	case 2: // both frequencies add an eighth, or take it away
		a, b := c[0]+c[8]+4, c[1]+c[9]
		dst[0], dst[1] = sample(a+b, 3), sample(a-b, 3)
		a, b = c[0]-c[8]+4, c[1]-c[9]
		dst[stride], dst[stride+1] = sample(a+b, 3), sample(a-b, 3)
	case 4:
		sums(dst, stride, c, 4, waves4[:])
	case 8:
		sums(dst, stride, c, 8, waves8[:])
	}
}

// fill writes size x size samples of a block that has no other coefficient than the first.
func fill(dst []byte, stride int, first int32, size int) {
	v := sample(first+4, 3)
	for y := range size {
		row := dst[y*stride:][:size]
		for x := range row {
			row[x] = v
		}
	}
}

// sample makes a value with so many bits behind the point, counted from 128, one of a picture.
func sample(v int32, bits uint) byte { return byte(min(max(v>>bits+128, 0), 255)) }

// sums transforms columns, then rows.
func sums(dst []byte, stride int, c *[64]int32, size int, waves []int32) {
	const keep = 4 // bits that the first pass keeps behind the point
	var rows [64]int32
	for y := range size {
		for u := range size {
			var sum int32
			for v, w := range waves[y*size:][:size] {
				sum += w * c[8*v+u]
			}
			rows[y*size+u] = sum >> (waveBits - keep)
		}
	}
	for y := range size {
		out := dst[y*stride:][:size]
		for x := range out {
			sum := int32(1 << (waveBits + keep - 1))
			for u, w := range waves[x*size:][:size] {
				sum += w * rows[y*size+u]
			}
			out[x] = sample(sum, waveBits+keep)
		}
	}
}
