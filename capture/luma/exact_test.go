package luma

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Random tables lead into every corner of the packed ones: codes of one bit and of sixteen, blocks that end full and
// without a symbol for it, runs that would reach into the next block. Every value is exact, not only once rounded.
func TestDecodeExactly(t *testing.T) {
	for name, layout := range layouts {
		t.Run(name, func(t *testing.T) {
			var d Decoder // one for all, so that tables change under it
			var p Plane
			var small Picture
			for seed := range uint64(60) {
				rng := rand.New(rand.NewPCG(seed, 0))
				w, h := 8+rng.IntN(150), 1+rng.IntN(100)
				if seed%10 == 0 {
					w, h = 500+rng.IntN(300), 100+rng.IntN(100)
				}
				g := generate(rng, layout, randomTables(rng, seed%2 == 0), w, h)
				if err := d.Decode(&p, frame(g.img)); err != nil {
					t.Fatalf("seed %d, %dx%d: %v", seed, w, h, err)
				}
				if p.W != g.w || p.H != g.h {
					t.Fatalf("seed %d, %dx%d: %dx%d cells", seed, w, h, p.W, p.H)
				}
				for i, want := range g.cells {
					if p.Pix[i] != want {
						t.Fatalf("seed %d, %dx%d: cell %d,%d is %d, want %d", seed, w, h, i%g.w, i/g.w, p.Pix[i], want)
					}
				}
				for c := range g.chroma {
					if !slices.Equal(p.Chroma[c], g.chroma[c]) {
						t.Fatalf("seed %d, %dx%d: chroma is %v, want %v", seed, w, h, p.Chroma[c], g.chroma[c])
					}
				}
				if len(layout) == 4 {
					continue // neither djpeg nor Small makes grey of these
				}
				if seed%10 == 1 {
					compareDjpeg(t, fmt.Sprintf("%s, seed %d", name, seed), &p, g.img)
				}
				if err := d.Small(&small, g.img, 1); err != nil {
					t.Fatalf("seed %d, small: %v", seed, err)
				}
				for i, want := range g.cells {
					if s := small.Planes[0]; s.Pix[i/g.w*s.Stride+i%g.w] != grey(want) {
						t.Fatalf("seed %d, small: cell %d is %d, want %d", seed, i, s.Pix[i/g.w*s.Stride+i%g.w], grey(want))
					}
				}
			}
		})
	}
}

// Every way of sampling with every size of the last MCU, as libjpeg-turbo makes and reads them.
func TestDecodeLikeDjpeg(t *testing.T) {
	for _, tool := range []string{"cjpeg", "djpeg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s (Debian: libjpeg-turbo-progs); testdata has some of its images", tool)
		}
	}
	rng := rand.New(rand.NewPCG(7, 8))
	options := []string{"-quality 90", "-quality 100 -optimize", "-quality 30 -restart 1", "-quality 75 -restart 3B -optimize", "-quality 5 -baseline"}
	var d Decoder
	var p Plane
	n := 0
	for _, sampling := range []string{"-grayscale", "-sample 1x1", "-sample 2x1", "-sample 2x2", "-sample 1x2", "-sample 4x1", "-sample 2x2,1x2,1x2"} {
		for size := 1; size <= 33; size += 2 {
			n++
			opts := sampling + " " + options[n%len(options)]
			var ppm, img bytes.Buffer
			w, h := size, 1+rng.IntN(70)
			fmt.Fprintf(&ppm, "P6 %d %d 255\n", w, h)
			for i := range 3 * w * h {
				ppm.WriteByte(byte(i/7 + rng.IntN(60)))
			}
			cmd := exec.Command("cjpeg", strings.Fields(opts)...)
			cmd.Stdin, cmd.Stdout = &ppm, &img
			if err := cmd.Run(); err != nil {
				t.Fatalf("cjpeg %s: %v", opts, err)
			}
			name := fmt.Sprintf("%dx%d, %s", w, h, opts)
			if err := d.Decode(&p, frame(img.Bytes())); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			compareDjpeg(t, name, &p, img.Bytes())
		}
	}
}

// A full block has no symbol for its end: what follows belongs to the next block even where it looks like one and stands in
// the same window. And no run reaches beyond the block.
func TestDecodeFullBlocks(t *testing.T) {
	const zeros, long, longer = 0xF0, 0xE1, 0xF1
	var full tables
	for i := range full.dc {
		full.dc[i] = newCode([]byte{0, 1, 2}, []int{1, 2, 3})
		full.ac[i] = newCode([]byte{zeros, long, 0, longer}, []int{1, 2, 3, 4})
	}
	for name, layout := range layouts {
		for last, whole := range map[byte]bool{long: true, longer: false} {
			img := headers(layout, full, 64, 64, 1, 0)
			var bits bitWriter
			blocks := 0
			for _, c := range layout {
				blocks += c.across * c.down
			}
			for i := range blocks * (64 / 8 / layout[0].across) * (64 / 8 / layout[0].down) {
				bits.put([]uint32{0b0, 0b100, 0b11001}[i%3], []int{1, 3, 5}[i%3]) // differences of 0, -1 and -2
				bits.put(0b000, 3)
				bits.put(full.ac[0].bits[last], full.ac[0].length[last])
				bits.put(0, 1)
			}
			img = append(append(img, bits.flush()...), 0xFF, 0xD9)
			err := new(Decoder).Decode(new(Plane), frame(img))
			var broken *BrokenError
			if whole && err != nil || !whole && !(errors.As(err, &broken) && broken.Why == invalidCode) {
				t.Errorf("%s, last symbol %#x: error %v", name, last, err)
			}
		}
	}
}

// Wherever a frame breaks off or is hurt, what is called good is exact, and what is not good stays as it was.
func TestDecodeBroken(t *testing.T) {
	const old = -5000
	var d Decoder
	rows := 0
	for name, layout := range layouts {
		for seed := range uint64(100) {
			rng := rand.New(rand.NewPCG(seed, 1))
			g := generate(rng, layout, randomTables(rng, true), 1+rng.IntN(400), 1+rng.IntN(300))
			at := g.from + rng.IntN(g.to-g.from)
			p := Plane{}
			p.Resize(g.w, g.h)
			for i := range p.Pix {
				p.Pix[i] = old
			}
			err := d.Decode(&p, frame(g.img[:at]))
			var broken *BrokenError
			if !errors.As(err, &broken) {
				t.Fatalf("%s, seed %d, cut to %d of %d bytes: error %v", name, seed, at, len(g.img), err)
			}
			for i, v := range p.Pix {
				want := int16(old)
				if i < broken.Rows*g.w {
					want = g.cells[i]
				}
				if v != want {
					t.Fatalf("%s, seed %d, %d good rows of %d: cell %d,%d is %d, want %d", name, seed, broken.Rows, g.h, i%g.w, i/g.w, v, want)
				}
			}
			rows += broken.Rows

			for range 3 { // hurt in a place: any picture or error will do, but soon
				i := g.from + rng.IntN(g.to-g.from)
				g.img[i] ^= byte(1 + rng.IntN(255))
				_ = d.Decode(&p, frame(g.img))
				_ = d.Small(new(Picture), g.img, 10)
			}
		}
	}
	if rows < 5000 {
		t.Errorf("only %d rows were good", rows)
	}
}

func TestDecodeRefusesOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	g := generate(rng, layouts["444"], randomTables(rng, false), 64, 64)
	sos := g.from - 10 // 3 components: id and tables each, then 0 63 0
	for name, ids := range map[string]string{"out of order": "\x02\x01\x03", "one twice": "\x01\x01\x03", "unknown": "\x01\x02\x04"} {
		img := append([]byte(nil), g.img...)
		for i := range ids {
			img[sos+1+2*i] = ids[i]
		}
		if err := new(Decoder).Decode(new(Plane), frame(img)); err == nil {
			t.Errorf("components %s: no error", name)
		}
	}
	if err := new(Decoder).Decode(new(Plane), frame(g.img)); err != nil {
		t.Error(err)
	}
}
