package compress

import "math/bits"

// transform replaces a block of samples by its DCT coefficients, by the method of Arai, Agui and Nakajima: five
// multiplications a row instead of eleven, because the factors that are left over (aan) go into the quantiser.
// Coefficients come out multiplied by 8 << extra. Both passes are written out: 32-bit ARM has no cheap calls.
func transform(b *[64]int32) {
	for i := 0; i < 64; i += 8 {
		r := b[i:][:8:8]
		v0, v1, v2, v3 := r[0]<<extra, r[1]<<extra, r[2]<<extra, r[3]<<extra
		v4, v5, v6, v7 := r[4]<<extra, r[5]<<extra, r[6]<<extra, r[7]<<extra

		s0, s1, s2, s3 := v0+v7, v1+v6, v2+v5, v3+v4
		e0, e1, e2, e3 := s0+s3, s1+s2, s1-s2, s0-s3
		z := (e2 + e3) * f0707 >> fixed
		r[0], r[2], r[4], r[6] = e0+e1, e3+z, e0-e1, e3-z

		d0, d1, d2, d3 := v0-v7, v1-v6, v2-v5, v3-v4
		o0, o1, o2 := d3+d2, d2+d1, d1+d0
		z5, z3 := (o0-o2)*f0382, o1*f0707>>fixed
		z2, z4 := (o0*f0541+z5)>>fixed, (o2*f1306+z5)>>fixed
		z11, z13 := d0+z3, d0-z3
		r[1], r[3], r[5], r[7] = z11+z4, z13-z2, z13+z2, z11-z4
	}
	for i := range 8 {
		c := b[i:][:57:57]
		v0, v1, v2, v3 := c[0], c[8], c[16], c[24]
		v4, v5, v6, v7 := c[32], c[40], c[48], c[56]

		s0, s1, s2, s3 := v0+v7, v1+v6, v2+v5, v3+v4
		e0, e1, e2, e3 := s0+s3, s1+s2, s1-s2, s0-s3
		z := (e2 + e3) * f0707 >> fixed
		c[0], c[16], c[32], c[48] = e0+e1, e3+z, e0-e1, e3-z

		d0, d1, d2, d3 := v0-v7, v1-v6, v2-v5, v3-v4
		o0, o1, o2 := d3+d2, d2+d1, d1+d0
		z5, z3 := (o0-o2)*f0382, o1*f0707>>fixed
		z2, z4 := (o0*f0541+z5)>>fixed, (o2*f1306+z5)>>fixed
		z11, z13 := d0+z3, d0-z3
		c[8], c[24], c[40], c[56] = z11+z4, z13-z2, z13+z2, z11-z4
	}
	b[0] -= 128 * 64 << extra // samples are counted from 128; nothing else tells
}

// extra bits are carried through, so that rounding in between does not show.
const extra = 2

// Factors of the transform, with fixed bits behind the point. The greatest sum is 255 << (extra+6): multiplied by
// the greatest of them it still has 27 bits.
const (
	fixed = 10
	f0382 = 392  // 0.382683433
	f0541 = 554  // 0.541196100
	f0707 = 724  // 0.707106781
	f1306 = 1338 // 1.306562965
)

// aan is what transform leaves over, by row and by column.
var aan = [8]float64{1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.541196100, 0.275899379}

// zigzag is the order in which coefficients are sent (T.81 figure 5).
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// place is the reverse of zigzag: where in it a coefficient stands.
var place = [64]uint8{
	0, 1, 5, 6, 14, 15, 27, 28,
	2, 4, 7, 13, 16, 26, 29, 42,
	3, 8, 12, 17, 25, 30, 41, 43,
	9, 11, 18, 24, 31, 40, 44, 53,
	10, 19, 23, 32, 39, 45, 52, 54,
	20, 22, 33, 38, 46, 51, 55, 60,
	21, 34, 37, 47, 50, 56, 59, 61,
	35, 36, 48, 49, 57, 58, 62, 63,
}

// quantiser holds the steps of a quantisation table in zigzag order, and by what coefficients that transform made
// are divided by them.
type quantiser struct {
	steps      [64]byte
	half       [64]uint32 // half a step
	reciprocal [64]uint32 // of a step, x 1<<32
	nothing    [64]uint32 // the greatest magnitude that is rounded to nothing, in the order of the block
}

// set scales a standard table to a quality as libjpeg does.
func (q *quantiser) set(table *[64]byte, quality int) {
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	for i, z := range zigzag {
		step := min(max((int(table[i])*scale+50)/100, 1), 255)
		divisor := float64(step) * aan[z/8] * aan[z%8] * (8 << extra)
		q.steps[i] = byte(step)
		q.half[i] = uint32(divisor/2 + 0.5)
		q.reciprocal[i] = uint32((1<<32)/divisor + 0.5)
		for q.nothing[z] = 0; q.divide(int32(q.nothing[z]+1), i) == 0; {
			q.nothing[z]++
		}
	}
}

// divide returns a coefficient, the i-th in zigzag order, in steps of the table, rounded to the nearest.
func (q *quantiser) divide(v int32, i int) int32 {
	n, _ := bits.Mul32(uint32(max(v, -v))+q.half[i], q.reciprocal[i])
	if v < 0 {
		return -int32(n)
	}
	return int32(n)
}

// nonzero returns a bit for each coefficient but the first that is not rounded to nothing, in zigzag order.
func (q *quantiser) nonzero(b *[64]int32) uint64 {
	var found uint64
	for i, v := range b {
		if most := q.nothing[i]; uint32(v)+most > 2*most {
			found |= 1 << (place[i] & 63)
		}
	}
	return found &^ 1
}

// The tables of T.81 Annex K.1, in zigzag order.
var (
	standardLuma = [64]byte{
		16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
		26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
		56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
		95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
	}
	standardChroma = [64]byte{
		17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	}
)
