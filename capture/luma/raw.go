package luma

import (
	"encoding/binary"

	"signet/capture"
	"signet/capture/raw"
)

// average sets p to the means of a raw frame's blocks.
func average(p *Plane, f *capture.Frame) error {
	planes, n, err := raw.Planes(f)
	if err != nil {
		return err
	}
	w, h, step, stride := planes[0].W, planes[0].H, planes[0].Step, planes[0].Stride
	first := 0 // bytes before the first sample
	if f.Format == capture.UYVY {
		first = 1
	}
	p.Resize((w+7)/8, (h+7)/8)
	for y := range p.H {
		rows := min(8, h-8*y)
		band := f.Data[8*y*stride:]
		out := p.Pix[y*p.W:][:p.W]
		full := 0
		if rows == 8 {
			full = w / 8
			if step == 1 {
				meansPlanar(out[:full], band, stride)
			} else {
				meansPacked(out[:full], band, stride, 8*first)
			}
		}
		for x := full; x < p.W; x++ {
			cols := min(8, w-8*x)
			out[x] = meanPart(band, first+8*x*step, step, stride, cols, rows)
		}
	}
	if n == 3 {
		p.colour()
		for i := range p.Chroma {
			sparseMeans(p, p.Chroma[i], planes[1+i], planes[1+i].H < h)
		}
	}
	return nil
}

// sparseMeans sets out to the means of what is in 16x16 pixels, of eight samples of it; low: the rows are half as many. That is
// enough for what asks whether a colour changed, and a tenth of the cost of luma.
func sparseMeans(p *Plane, out []int16, c raw.Plane, low bool) {
	high := 16
	if low {
		high = 8
	}
	for y := range p.CH() {
		for x := range p.CW() {
			cols := min(8, c.W-8*x)
			sum, n := 0, 0
			for row := y * high; row < min((y+1)*high, c.H); row += high / 2 {
				at := row*c.Stride + 8*x*c.Step
				for col := 0; col < cols; col += 2 {
					sum += int(c.Data[at])
					at += 2 * c.Step
					n++
				}
			}
			out[y*p.CW()+x] = int16(8*sum/n - 1024)
		}
	}
}

// lanes picks every second byte of eight, so that four sums of up to 257 bytes fit into one word.
const lanes = 0x00FF00FF00FF00FF

// meansPlanar averages blocks of 8x8 bytes: 8 rows of stride bytes.
func meansPlanar(out []int16, band []byte, stride int) {
	for x := range out {
		var s uint64
		for y := range 8 {
			v := binary.LittleEndian.Uint64(band[y*stride+8*x:])
			s += v&lanes + v>>8&lanes
		}
		out[x] = scaled(fold(s))
	}
}

// meansPacked averages blocks of 8x8 samples that stand in every second byte, shift bits into it.
func meansPacked(out []int16, band []byte, stride, shift int) {
	for x := range out {
		var s uint64
		for y := range 8 {
			row := band[y*stride+16*x:][:16]
			s += binary.LittleEndian.Uint64(row)>>shift&lanes + binary.LittleEndian.Uint64(row[8:])>>shift&lanes
		}
		out[x] = scaled(fold(s))
	}
}

// fold adds the four lanes of s.
func fold(s uint64) int {
	return int(s&0xFFFF + s>>16&0xFFFF + s>>32&0xFFFF + s>>48)
}

// scaled turns the sum of 64 samples into eight times their mean, counted from 128.
func scaled(sum int) int16 { return int16((sum+4)>>3 - 1024) }

// meanPart averages a block that is cut off by the frame's edge.
func meanPart(band []byte, at, step, stride, cols, rows int) int16 {
	sum, n := 0, cols*rows
	for y := range rows {
		for x := range cols {
			sum += int(band[at+y*stride+x*step])
		}
	}
	return int16((8*sum+n/2)/n - 1024)
}
