package compress

import "signet/capture/raw"

// load fills a block with the samples from (x, y) on, each the mean of two of a column if pairs is set. Beyond the
// edge the last ones are repeated: that costs the fewest bits.
func load(b *[64]int32, p *raw.Plane, x, y int, pairs bool) {
	if pairs {
		var below [64]int32
		copyTo(b, p, x, 2*y, 2)
		copyTo(&below, p, x, 2*y+1, 2)
		for i := range b {
			b[i] = (b[i] + below[i] + 1) >> 1
		}
		return
	}
	copyTo(b, p, x, y, 1)
}

// copyTo fills a block with samples of eight rows, from one of them to the next of which it is so many.
func copyTo(b *[64]int32, p *raw.Plane, x, y, rows int) {
	if x+8 > p.W || y+7*rows >= p.H {
		for i := range b {
			b[i] = int32(p.Data[min(y+i/8*rows, p.H-1)*p.Stride+min(x+i%8, p.W-1)*p.Step])
		}
		return
	}
	at := y*p.Stride + x*p.Step
	for i := 0; i < 64; i += 8 {
		out, in := b[i:][:8:8], p.Data[at:]
		switch p.Step {
		case 1:
			in = in[:8]
			out[0], out[1], out[2], out[3] = int32(in[0]), int32(in[1]), int32(in[2]), int32(in[3])
			out[4], out[5], out[6], out[7] = int32(in[4]), int32(in[5]), int32(in[6]), int32(in[7])
		case 2:
			in = in[:15]
			out[0], out[1], out[2], out[3] = int32(in[0]), int32(in[2]), int32(in[4]), int32(in[6])
			out[4], out[5], out[6], out[7] = int32(in[8]), int32(in[10]), int32(in[12]), int32(in[14])
		case 4:
			in = in[:29]
			out[0], out[1], out[2], out[3] = int32(in[0]), int32(in[4]), int32(in[8]), int32(in[12])
			out[4], out[5], out[6], out[7] = int32(in[16]), int32(in[20]), int32(in[24]), int32(in[28])
		}
		at += rows * p.Stride
	}
}
