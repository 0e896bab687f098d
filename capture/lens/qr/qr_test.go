package qr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rsc.io/qr/coding"
)

// draw returns a picture of a code, its modules of the given size in pixels, with the white around it.
func draw(t testing.TB, version int, level coding.Level, mask coding.Mask, pixels int, content ...coding.Encoding) *Picture {
	t.Helper()
	plan, err := coding.NewPlan(coding.Version(version), level, mask)
	if err != nil {
		t.Fatal(err)
	}
	code, err := plan.Encode(content...)
	if err != nil {
		t.Fatal(err)
	}
	side := (code.Size + 8) * pixels
	p := &Picture{W: side, H: side, Dark: make([]int8, side*side)}
	for y := range side {
		for x := range side {
			p.Dark[y*side+x] = -100
			if code.Black(x/pixels-4, y/pixels-4) {
				p.Dark[y*side+x] = 100
			}
		}
	}
	return p
}

// filling is as many letters as fit.
func filling(version int, level coding.Level) string {
	n := 0
	for s := coding.Alpha(""); s.Bits(coding.Version(version)) <= 8*coding.Version(version).DataBytes(level); n++ {
		s = coding.Alpha(strings.Repeat("A", n))
	}
	b := make([]byte, n-2)
	for i := range b {
		b[i] = alphanumeric[i*i%len(alphanumeric)]
	}
	return string(b)
}

func TestEveryVersion(t *testing.T) {
	var r Reader
	for version := minVersion; version <= maxVersion; version++ {
		for level := coding.L; level <= coding.H; level++ {
			want := filling(version, level)
			p := draw(t, version, level, coding.Mask((version+int(level))%8), 3, coding.Alpha(want))
			if got := r.Read(p); len(got) != 1 || got[0] != want {
				t.Errorf("version %d, level %v: %q", version, level, got)
			}
		}
	}
}

func TestEveryMask(t *testing.T) {
	var r Reader
	for mask := range coding.Mask(8) {
		if got := r.Read(draw(t, 9, coding.M, mask, 4, coding.String("mask"))); len(got) != 1 || got[0] != "mask" {
			t.Errorf("mask %d: %q", mask, got)
		}
	}
}

func TestModes(t *testing.T) {
	var r Reader
	for _, c := range [][]coding.Encoding{
		{coding.Num("0123456789")},
		{coding.Num("01")},
		{coding.Num("0")},
		{coding.Alpha("A")},
		{coding.Alpha("SIGNET1:$%*+-./ ")},
		{coding.String("a\x00\xff\n")},
		{coding.Num("12345"), coding.Alpha("AB C"), coding.String("d")},
	} {
		want := ""
		for _, e := range c {
			switch e := e.(type) {
			case coding.Num:
				want += string(e)
			case coding.Alpha:
				want += string(e)
			case coding.String:
				want += string(e)
			}
		}
		for _, version := range []int{3, 12} {
			if got := r.Read(draw(t, version, coding.M, 1, 4, c...)); len(got) != 1 || got[0] != want {
				t.Errorf("%q: %q", want, got)
			}
		}
	}
}

// Several codes in one picture are all read.
func TestTwoCodes(t *testing.T) {
	a, b := draw(t, 4, coding.M, 2, 4, coding.String("first")), draw(t, 4, coding.M, 5, 4, coding.String("second"))
	both := &Picture{W: 2 * a.W, H: a.H}
	for y := range a.H {
		both.Dark = append(append(both.Dark, a.Dark[y*a.W:][:a.W]...), b.Dark[y*b.W:][:b.W]...)
	}
	var r Reader
	if got := r.Read(both); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// Half as many bytes as there are for checking may be wrong, anywhere; one more is not taken for right.
func TestCorrect(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, check := range []int{10, 16, 22, 30} {
		for range 50 {
			want := make([]byte, 40+rng.IntN(255-30-40))
			for i := range want {
				want[i] = byte(rng.Uint32())
			}
			want = append(want, make([]byte, check)...)
			encode(want, check)
			for wrong := range check/2 + 2 {
				got := append([]byte(nil), want...)
				for _, i := range rng.Perm(len(got))[:wrong] {
					got[i] ^= byte(1 + rng.IntN(255))
				}
				ok := correctBlock(got, check)
				if right := string(got) == string(want); wrong <= check/2 && !(ok && right) || wrong > check/2 && ok && right {
					t.Fatalf("%d of %d+%d wrong: %v, right: %v", wrong, len(want)-check, check, ok, right)
				}
			}
		}
	}
}

// encode sets the last bytes of a block to its check bytes: the rest of a long division.
func encode(block []byte, check int) {
	f := coding.Field
	generator := []byte{1} // highest power first
	for i := range check {
		next := make([]byte, len(generator)+1)
		for j, c := range generator {
			next[j] ^= c
			next[j+1] ^= f.Mul(c, f.Exp(i))
		}
		generator = next
	}
	rest := append([]byte(nil), block...)
	for i := range len(block) - check {
		for j, c := range generator {
			if j > 0 {
				rest[i+j] ^= f.Mul(c, rest[i])
			}
		}
	}
	copy(block[len(block)-check:], rest[len(block)-check:])
}

// A text that breaks off, or is in a mode that is not read, is none.
func TestBrokenTexts(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing": nil, "the end alone": {0}, "a length that is cut off": {0x40},
		"bytes that are missing": {0x4F, 0xF0, 0x41}, "digits above 999": {0x10, 0x0F, 0xFC, 0, 0},
		"a pair above 44:44": {0x20, 0x17, 0xFF, 0}, "Kanji": {0x80, 0x10, 0, 0}, "another character set": {0x71, 0xA4, 0x01, 0x41, 0},
	} {
		if s, ok := text(data, 1); ok {
			t.Errorf("%s: %q", name, s)
		}
	}
}

// What looks like codes and is none ends soon and reads as nothing.
func TestNoCodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var worst time.Duration
	var r Reader
	look := func(name string, p *Picture) {
		start := time.Now()
		if got := r.Read(p); len(got) > 0 {
			t.Errorf("%s: read %q", name, got)
		}
		if took := time.Since(start); took > worst {
			worst = took
			t.Logf("%s: %v", name, took)
		}
	}
	for i := range 10 {
		look("marks everywhere", marks(rng, 60))
		look("noise", dots(rng, 1+i))
		mixed := marks(rng, 12)
		for j, v := range dots(rng, 4).Dark {
			if j/640%160 > 80 {
				mixed.Dark[j] = v
			}
		}
		look("marks and modules", mixed)
	}
	tiled := &Picture{W: 1280, H: 1024, Dark: make([]int8, 1280*1024)}
	for y := range tiled.H {
		for x := range tiled.W {
			stampAt(tiled, x, y, x/9*9+4, y/9*9+4, 1)
		}
	}
	look("a wall of marks", tiled)
	for _, size := range [][2]int{{0, 0}, {1, 1}, {21, 21}, {20, 400}} {
		look(fmt.Sprint(size), &Picture{W: size[0], H: size[1], Dark: make([]int8, size[0]*size[1])})
	}
	look("less than it says", &Picture{W: 100, H: 100, Dark: make([]int8, 100)})
	if worst > 5*time.Second { // a hundred times what it takes: it would not have ended
		t.Errorf("one picture took %v", worst)
	}
}

// marks is white with marks of all sizes, stretched and slanted.
func marks(rng *rand.Rand, n int) *Picture {
	p := &Picture{W: 640, H: 480, Dark: make([]int8, 640*480)}
	for i := range p.Dark {
		p.Dark[i] = -100
	}
	for range n {
		cx, cy, m := rng.IntN(p.W), rng.IntN(p.H), 1+rng.IntN(6)
		for y := max(cy-4*m, 0); y < min(cy+4*m, p.H); y++ {
			for x := max(cx-4*m, 0); x < min(cx+4*m, p.W); x++ {
				stampAt(p, x, y, cx, cy, m)
			}
		}
	}
	return p
}

// stampAt sets a pixel to that of a mark with modules of m pixels around (cx, cy).
func stampAt(p *Picture, x, y, cx, cy, m int) {
	d := 2 * max(x-cx, cx-x, y-cy, cy-y)
	if d > 7*m {
		return
	}
	p.Dark[y*p.W+x] = 100
	if d > 3*m && d <= 5*m {
		p.Dark[y*p.W+x] = -100
	}
}

// dots is squares of the given size, dark or light at random.
func dots(rng *rand.Rand, size int) *Picture {
	p := &Picture{W: 640, H: 480, Dark: make([]int8, 640*480)}
	for y := range p.H {
		for x := range p.W {
			switch {
			case y%size != 0:
				p.Dark[y*p.W+x] = p.Dark[(y-1)*p.W+x]
			case x%size != 0:
				p.Dark[y*p.W+x] = p.Dark[y*p.W+x-1]
			default:
				p.Dark[y*p.W+x] = int8(rng.IntN(2)*200 - 100)
			}
		}
	}
	return p
}

func FuzzRead(f *testing.F) {
	small := draw(f, 1, coding.L, 0, 1, coding.String("x"))
	b := make([]byte, len(small.Dark))
	for i, v := range small.Dark {
		b[i] = byte(v)
	}
	f.Add(b, uint16(small.W))
	big := draw(f, 2, coding.L, 0, 3, coding.String("xyz"))
	b = make([]byte, len(big.Dark))
	for i, v := range big.Dark {
		b[i] = byte(v)
	}
	f.Add(b, uint16(big.W))
	var r Reader
	f.Fuzz(func(t *testing.T, b []byte, width uint16) {
		w := max(int(width), 1)
		p := &Picture{W: w, H: len(b) / w, Dark: make([]int8, len(b))}
		for i, v := range b {
			p.Dark[i] = int8(v)
		}
		r.Read(p)
	})
}

// FuzzModules shows any modules to the decoder, which finds a text, or none, whatever they are.
func FuzzModules(f *testing.F) {
	f.Add([]byte{1, 2, 3}, uint8(8))
	f.Fuzz(func(t *testing.T, b []byte, v uint8) {
		version := minVersion + int(v)%maxVersion
		m := modules{side: 4*version + 17}
		for i := range m.side * m.side {
			var bit byte
			if n := len(b); n > 0 {
				bit = b[i/8%n] >> (i % 8) & 1
			}
			m.bit = append(m.bit, bit)
		}
		m.decode(version)
	})
}

func FuzzText(f *testing.F) {
	f.Add([]byte{0x40, 0x14, 0x10}, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, v uint8) {
		if s, ok := text(b, minVersion+int(v)%maxVersion); len(s) > 8*len(b) || ok && s == "" {
			t.Errorf("%d bytes of %d", len(s), len(b))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for name, p := range map[string]*Picture{
		"code":  draw(b, 10, coding.M, 3, 5, coding.Alpha(filling(10, coding.M))),
		"noise": dots(rand.New(rand.NewPCG(1, 2)), 3),
		"marks": marks(rand.New(rand.NewPCG(1, 2)), 60),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var r Reader
			for b.Loop() {
				r.Read(p)
			}
		})
	}
}
