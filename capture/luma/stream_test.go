package luma

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// stuffing makes entropy-coded data of about n bytes with many FFs, and what they are without the stuffing.
func stuffing(rng *rand.Rand, n int) (stuffed, plain []byte) {
	often := 1 + rng.IntN(300)
	for range n {
		b := byte(rng.IntN(255))
		if rng.IntN(often) == 0 {
			b = 0xFF
		}
		stuffed, plain = append(stuffed, b), append(plain, b)
		if b == 0xFF {
			stuffed = append(stuffed, bytes.Repeat([]byte{0xFF}, max(0, rng.IntN(12)-9))...) // fill bytes
			stuffed = append(stuffed, 0)
		}
	}
	return stuffed, plain
}

// A stream gives every bit of the data, and zeros behind them, whatever their length.
func TestStream(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var s stream
	lengths := []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 100, 3 * bufSize}
	for _, around := range []int{filled, bufSize, 2 * filled, 2*filled - maxMCU} {
		for d := -20; d <= 20; d++ {
			lengths = append(lengths, around+d)
		}
	}
	for i := 0; i < 3*len(lengths); i++ {
		n := lengths[i%len(lengths)]
		stuffed, plain := stuffing(rng, n)
		behind := [][]byte{{0xFF, 0xD9}, {}, {0xFF}, {0xFF, 0xD0, 1, 2, 3}}[rng.IntN(4)]
		pos := s.start(append(bytes.Clone(stuffed), behind...))
		plain = append(plain, make([]byte, maxMCU)...)
		for bit := 0; ; {
			if pos > s.limit {
				if s.ended {
					if bit < 8*n {
						t.Fatalf("%d bytes: ended after %d bits", n, bit)
					}
					break
				}
				pos = s.more(pos)
			}
			want := uint32(plain[bit>>3])<<16 | uint32(plain[bit>>3+1])<<8 | uint32(plain[bit>>3+2])
			if got := s.top(pos); got != want<<(bit&7)>>8&0xFFFF {
				t.Fatalf("%d bytes: %04x at bit %d, want %06x", n, got, bit, want)
			}
			step := 1 + rng.IntN(40)
			if rng.IntN(50) == 0 { // as long as an MCU may be, if it begins within the data
				step = rng.IntN(8 * (maxMCU - 8))
			}
			if bit += step; bit > 8*n {
				step -= bit - 8*n
				bit = 8*n + 1
				step++
			}
			pos += uint(step)
		}
		if len(behind) < 2 {
			behind = nil
		}
		if !bytes.Equal(s.src, behind) {
			t.Fatalf("%d bytes: %x is left, want %x", n, s.src, behind)
		}
	}
}

// What is left is told, whether the last MCU ended before the last piece came or not.
func TestStreamLeft(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var s stream
	for _, left := range []int{0, 1, 9, 16, 17, 40, 3000} {
		for n := max(left, filled-50); n < filled+3100; n += 1 + max(0, n-filled-50)/10 {
			stuffed, _ := stuffing(rng, n)
			pos := s.start(append(stuffed, 0xFF, 0xD9))
			for read := 0; read < n-left; { // the last step is as long as an MCU may be
				if pos > s.limit {
					pos = s.more(pos)
				}
				step := min(n-left-read, maxMCU-8)
				if before := n - left - (maxMCU - 8) - read; before > 0 {
					step = min(before, maxMCU-8)
				}
				read, pos = read+step, pos+8*uint(step)
			}
			got := s.left(pos)
			if got != 8*left && !(got > 8*stray+7 && got < 8*left) {
				t.Fatalf("of %d bytes %d bits are left, want %d", n, got, 8*left)
			}
			if left <= stray && (!s.ended || len(s.src) != 2) {
				t.Fatalf("of %d bytes, %d of them left, the end is not seen", n, left)
			}
		}
	}
}
