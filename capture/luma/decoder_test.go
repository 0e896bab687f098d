package luma

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/mjpeg/mjpegtest"
	"signet/internal/footage"
)

func frame(img []byte) *capture.Frame { return &capture.Frame{Format: capture.MJPEG, Data: img} }

// Every form gives, byte for byte, what libjpeg-turbo gives.
func TestDecodeLikeLibjpeg(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.pgm")
	if len(files) < 12 {
		t.Fatalf("only %d files in testdata", len(files))
	}
	var d Decoder // one for all: tables kept from one image must not leak into the next
	var p Plane
	for _, want := range files {
		jpg := strings.TrimSuffix(want, ".pgm") + ".jpg"
		if err := d.Decode(&p, frame(read(t, jpg))); err != nil {
			t.Errorf("%s: %v", jpg, err)
			continue
		}
		comparePGM(t, jpg, &p, read(t, want))
	}
}

func TestDecodeWithoutTables(t *testing.T) {
	img := read(t, "testdata/420.jpg")
	bare := mjpegtest.WithoutTables(t, img)
	if len(bare) > len(img)-400 {
		t.Fatal("no tables were taken out")
	}
	var d Decoder
	var p Plane
	// Other tables first: the standard ones must come back.
	if err := d.Decode(&p, frame(read(t, "testdata/optimised.jpg"))); err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(&p, frame(bare)); err != nil {
		t.Fatal(err)
	}
	comparePGM(t, "420 without tables", &p, read(t, "testdata/420.pgm"))
}

func TestDecodeRefuses(t *testing.T) {
	good := read(t, "testdata/420.jpg")
	for _, c := range []struct {
		name string
		f    capture.Frame
		want error
	}{
		{"progressive", *frame(read(t, "testdata/progressive.jpg")), ErrUnsupported},
		{"H.264", capture.Frame{Format: capture.H264, Data: []byte{0, 0, 0, 1}}, ErrUnsupported},
		{"nothing", *frame(nil), mjpeg.ErrNotJPEG},
		{"headers only", *frame(good[:200]), mjpeg.ErrTorn},
	} {
		var d Decoder
		if err := d.Decode(new(Plane), &c.f); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}

// A frame that breaks off gives its upper rows and leaves the others as they were.
func TestDecodeTruncated(t *testing.T) {
	for _, name := range []string{"420", "422", "444", "grey", "restart", "restart-rows"} {
		img := read(t, "testdata/"+name+".jpg")
		want := read(t, "testdata/"+name+".pgm")
		h, err := mjpeg.Parse(img)
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for n := h.Scan + 20; n < len(img)-4; n += 7 {
			var d Decoder
			p := Plane{}
			p.Resize(12, 9)
			for i := range p.Pix {
				p.Pix[i] = -5000
			}
			err := d.Decode(&p, frame(img[:n]))
			var broken *BrokenError
			if !errors.As(err, &broken) {
				t.Fatalf("%s cut to %d of %d bytes: error %v", name, n, len(img), err)
			}
			if broken.Rows < last || broken.Rows >= 9 {
				t.Fatalf("%s cut to %d: %d rows after %d", name, n, broken.Rows, last)
			}
			last = broken.Rows
			for i, v := range p.Pix {
				good := i < broken.Rows*12
				if good && grey(v) != want[len(want)-len(p.Pix)+i] {
					t.Fatalf("%s cut to %d: cell %d of %d good rows is wrong", name, n, i, broken.Rows)
				}
				if !good && i >= (broken.Rows+2)*12 && v != -5000 {
					t.Fatalf("%s cut to %d: cell %d below the %d good rows was touched", name, n, i, broken.Rows)
				}
			}
		}
		if last < 5 {
			t.Errorf("%s: never more than %d good rows", name, last)
		}
	}
}

// Against the other decoder at hand: image/jpeg in full, averaged. Clamping of single pixels makes small
// differences where the picture is black or white.
func TestDecodeLikeImageJPEG(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var d Decoder
	var p Plane
	for _, size := range []image.Point{{640, 480}, {8, 8}, {1, 1}, {17, 9}, {16, 16}, {33, 100}} {
		for _, gray := range []bool{false, true} {
			img := encode(t, picture(rng, size, gray), 85)
			if err := d.Decode(&p, frame(img)); err != nil {
				t.Fatalf("%v: %v", size, err)
			}
			compareFull(t, fmt.Sprint(size, gray), &p, img)
			compareDjpeg(t, fmt.Sprint(size, gray), &p, img)
		}
	}
	files, _ := filepath.Glob("testdata/*.jpg")
	for _, name := range files {
		img := read(t, name)
		if err := d.Decode(&p, frame(img)); err == nil {
			compareFull(t, name, &p, img)
		}
	}
}

// Footage of real cameras, where it is at hand.
func TestDecodeFootage(t *testing.T) {
	for _, name := range footage.All(t, "*.mjpeg") {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s := mjpeg.NewSplitter(f, 0)
		var d Decoder
		var p Plane
		for i := 0; i < 40; i++ {
			img, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Decode(&p, frame(img)); err != nil {
				t.Fatalf("%s frame %d: %v", name, i, err)
			}
			if i%20 == 0 {
				compareFull(t, name, &p, img)
				compareDjpeg(t, name, &p, img)
			}
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	var d Decoder
	var p Plane
	jpg := frame(read(t, "testdata/422.jpg"))
	bare := frame(mjpegtest.WithoutTables(t, jpg.Data))
	raw := &capture.Frame{Format: capture.YUYV, Width: 64, Height: 48, Data: make([]byte, 2*64*48)}
	for _, f := range []*capture.Frame{jpg, bare, raw} {
		n := testing.AllocsPerRun(20, func() {
			if err := d.Decode(&p, f); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a frame", f.Format, n)
		}
	}
}

// BenchmarkDecode has the tables unchanged from frame to frame, as cameras send them.
func BenchmarkDecode(b *testing.B) {
	img := benchmarkImage(b)
	var d Decoder
	var p Plane
	f := frame(img)
	b.SetBytes(int64(len(img)))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Decode(&p, f); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkImage(b *testing.B) []byte {
	return encode(b, picture(rand.New(rand.NewPCG(1, 2)), image.Pt(1280, 720), false), 85)
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.jpg")
	for _, name := range files {
		f.Add(read(f, name))
	}
	for _, layout := range layouts {
		rng := rand.New(rand.NewPCG(1, 2))
		f.Add(generate(rng, layout, randomTables(rng, true), 40, 30).img)
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, img []byte) {
		// Twice, and between them a good image: what a bad frame leaves behind must not matter.
		var p, q Plane
		err := d.Decode(&p, frame(img))
		good := read(t, "testdata/420.jpg")
		if err := d.Decode(new(Plane), frame(good)); err != nil {
			t.Fatalf("a good image after a bad one: %v", err)
		}
		if err2 := d.Decode(&q, frame(img)); (err == nil) != (err2 == nil) {
			t.Fatalf("first %v, then %v", err, err2)
		}
		if err != nil {
			return
		}
		if len(p.Pix) != p.W*p.H || p.W*p.H == 0 {
			t.Fatalf("plane of %dx%d with %d values", p.W, p.H, len(p.Pix))
		}
		for i, v := range p.Pix {
			if v < -1024 || v > 1016 {
				t.Fatalf("value %d", v)
			}
			if q.Pix[i] != v {
				t.Fatal("the same image gave two pictures")
			}
		}
		// A symbol at a time gives the same.
		var small Picture
		if err := d.Small(&small, img, 1); err != nil || 8*small.Planes[0].W > 8*p.W+7 {
			return // broken in a later scan, or so narrow that it is not scaled as much
		}
		for i, v := range p.Pix {
			if s := small.Planes[0]; s.Pix[i/p.W*s.Stride+i%p.W] != grey(v) {
				t.Fatalf("cell %d is %d, a symbol at a time %d", i, grey(v), s.Pix[i/p.W*s.Stride+i%p.W])
			}
		}
	})
}

// grey rounds a cell to 8 bits as libjpeg does.
func grey(v int16) byte { return byte(min(max((int(v)+4)>>3+128, 0), 255)) }

func comparePGM(t *testing.T, name string, p *Plane, pgm []byte) {
	t.Helper()
	head := fmt.Sprintf("P5\n%d %d\n255\n", p.W, p.H)
	if !bytes.HasPrefix(pgm, []byte(head)) {
		t.Errorf("%s: %dx%d cells, want %q", name, p.W, p.H, pgm[:min(len(pgm), 12)])
		return
	}
	for i, want := range pgm[len(head):] {
		if got := grey(p.Pix[i]); got != want {
			t.Errorf("%s: cell %d,%d is %d, want %d", name, i%p.W, i/p.W, got, want)
			return
		}
	}
}

func compareDjpeg(t *testing.T, name string, p *Plane, img []byte) {
	t.Helper()
	djpeg, err := exec.LookPath("djpeg")
	if err != nil {
		return // testdata holds its output
	}
	cmd := exec.Command(djpeg, "-scale", "1/8", "-grayscale")
	cmd.Stdin = bytes.NewReader(img)
	pgm, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: djpeg: %v", name, err)
	}
	comparePGM(t, name, p, pgm)
}

func compareFull(t *testing.T, name string, p *Plane, img []byte) {
	t.Helper()
	full, err := jpeg.Decode(bytes.NewReader(img))
	if err != nil {
		t.Fatalf("%s: image/jpeg: %v", name, err)
	}
	b := full.Bounds()
	if p.W != (b.Dx()+7)/8 || p.H != (b.Dy()+7)/8 {
		t.Fatalf("%s: %dx%d cells for %v", name, p.W, p.H, b)
	}
	for y := range b.Dy() / 8 { // whole blocks only
		for x := range b.Dx() / 8 {
			sum, clamped := 0, false
			for i := range 64 {
				var v uint8
				switch m := full.(type) {
				case *image.YCbCr:
					v = m.Y[m.YOffset(8*x+i%8, 8*y+i/8)]
				case *image.Gray:
					v = m.GrayAt(8*x+i%8, 8*y+i/8).Y
				}
				sum += int(v)
				clamped = clamped || v == 0 || v == 255
			}
			got, want := int(p.Pix[y*p.W+x]), sum/8-1024
			if diff := max(got-want, want-got); diff > 8 && !clamped || diff > 200 {
				t.Errorf("%s: cell %d,%d is %d, the mean of its pixels is %d", name, x, y, got, want)
				return
			}
		}
	}
}

// picture has flat, sloped and noisy parts.
func picture(rng *rand.Rand, size image.Point, gray bool) image.Image {
	r := image.Rectangle{Max: size}
	rgba, g := image.NewRGBA(r), image.NewGray(r)
	for y := range size.Y {
		for x := range size.X {
			c := color.RGBA{uint8(60 + 120*x/size.X), uint8(60 + 120*y/size.Y), 128, 255}
			if x/40%2 == 1 {
				n := rng.IntN(40)
				c.R, c.G, c.B = c.R+uint8(n), c.G+uint8(n), c.B+uint8(n)
			}
			rgba.SetRGBA(x, y, c)
			g.Set(x, y, c)
		}
	}
	if gray {
		return g
	}
	return rgba
}

func encode(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
