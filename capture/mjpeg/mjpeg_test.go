package mjpeg

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEnd(t *testing.T) {
	img := sample(t, 40, 30)
	withThumb := insert(img, 2, app(1, sample(t, 8, 8)))
	filled := insert(img, 2, []byte{0xFF, 0xFF, 0xFF})
	for _, c := range []struct {
		name string
		b    []byte
		want int
		err  error
	}{
		{"whole", img, len(img), nil},
		{"padded", append(clone(img), 0, 0, 0), len(img), nil},
		{"two", append(clone(img), img...), len(img), nil},
		{"thumbnail inside", withThumb, len(withThumb), nil},
		{"fill bytes", filled, len(filled), nil},
		{"cut", img[:len(img)-1], 0, ErrTorn},
		{"cut in headers", img[:30], 0, ErrTorn},
		{"cut and followed by another", append(clone(img[:len(img)-40]), img...), 0, ErrTorn},
		{"no scan", []byte{0xFF, SOI, 0xFF, EOI}, 0, ErrTorn},
		{"empty", nil, 0, ErrNotJPEG},
		{"text", []byte("hello"), 0, ErrNotJPEG},
		{"zeros in front", append([]byte{0}, img...), 0, ErrNotJPEG},
	} {
		n, err := End(c.b)
		if n != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %d, %v; want %d, %v", c.name, n, err, c.want, c.err)
		}
	}
}

func TestParse(t *testing.T) {
	for name, want := range map[string]Header{
		"420":         {Width: 91, Height: 67, SOF: SOF0, Precision: 8, HasTables: true},
		"422":         {Width: 91, Height: 67, SOF: SOF0, Precision: 8, HasTables: true},
		"444":         {Width: 91, Height: 67, SOF: SOF0, Precision: 8, HasTables: true},
		"440":         {Width: 91, Height: 67, SOF: SOF0, Precision: 8, HasTables: true},
		"411":         {Width: 91, Height: 67, SOF: SOF0, Precision: 8, HasTables: true},
		"grey":        {Width: 91, Height: 67, SOF: SOF0, Precision: 8, HasTables: true},
		"coarse":      {Width: 91, Height: 67, SOF: SOF1, Precision: 8, HasTables: true},
		"progressive": {Width: 91, Height: 67, SOF: SOF2, Precision: 8, HasTables: true},
	} {
		img := load(t, name)
		h, n, err := Check(img)
		if err != nil || n != len(img) {
			t.Fatalf("%s: %d of %d bytes, %v", name, n, len(img), err)
		}
		sampling := name[:1] + ":" + name[1:2] + ":" + name[2:]
		if name == "grey" {
			sampling = name
		}
		if name < "5" || name == "grey" {
			if h.Subsampling() != sampling {
				t.Errorf("%s: subsampling %s", name, h.Subsampling())
			}
		}
		if h.Progressive() != (name == "progressive") {
			t.Errorf("%s: progressive %v", name, h.Progressive())
		}
		if !bytes.Equal(img[h.Scan:h.Scan+2], []byte{0xFF, SOS}) {
			t.Errorf("%s: no scan at %d", name, h.Scan)
		}
		h.Components, h.Scan = nil, 0
		if h.Width != want.Width || h.Height != want.Height || h.SOF != want.SOF || h.HasTables != want.HasTables {
			t.Errorf("%s: %+v, want %+v", name, h, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	img := sample(t, 40, 30)
	sof := bytes.Index(img, []byte{0xFF, SOF0})
	edit := func(at int, b ...byte) []byte {
		c := clone(img)
		copy(c[at:], b)
		return c
	}
	for _, c := range []struct {
		name string
		b    []byte
		err  error
	}{
		{"text", []byte("GIF89a"), ErrNotJPEG},
		{"no height", edit(sof+5, 0, 0), ErrTorn},
		{"huge", edit(sof+5, 0xFF, 0xFF, 0xFF, 0xFF), ErrTooLarge},
		{"frame header of 2 bytes", edit(sof+2, 0, 2), ErrTorn},
		{"too many components", edit(sof+9, 200), ErrTorn},
		{"length 0", edit(sof+2, 0, 0), ErrTorn},
		{"ends before the scan", img[:sof+10], ErrTorn},
		{"two frames", insert(img, sof, img[sof:sof+19]), ErrTorn},
	} {
		if _, err := Parse(c.b); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
	}
}

func TestAppendDecodable(t *testing.T) {
	img := load(t, "420")
	bare := stripDHT(t, img)
	if _, err := jpeg.Decode(bytes.NewReader(bare)); err == nil {
		t.Fatal("image/jpeg decodes without tables: this test tests nothing")
	}
	want, err := jpeg.Decode(bytes.NewReader(img))
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{"without tables": bare, "with tables": img} {
		out, err := AppendDecodable([]byte("kept"), append(clone(in), 0, 0, 0))
		if err != nil || string(out[:4]) != "kept" {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := jpeg.Decode(bytes.NewReader(out[4:]))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(got.(*image.YCbCr).Y, want.(*image.YCbCr).Y) {
			t.Errorf("%s: another picture", name)
		}
		if n, err := End(out[4:]); err != nil || n != len(out)-4 {
			t.Errorf("%s: padding was kept", name)
		}
	}
	if out, err := AppendDecodable([]byte("kept"), img[:500]); !errors.Is(err, ErrTorn) || string(out) != "kept" {
		t.Errorf("torn: %q, %v", out, err)
	}
}

func TestSplitter(t *testing.T) {
	a, b, c := sample(t, 40, 30), sample(t, 16, 16), sample(t, 100, 80)
	thumb := insert(b, 2, app(1, a))
	torn := c[:len(c)-100]
	zeros := make([]byte, 70_000)
	for _, x := range []struct {
		name  string
		parts [][]byte
		want  [][]byte
		skip  Skipped
	}{
		{"nothing between", [][]byte{a, b, c}, [][]byte{a, b, c}, Skipped{}},
		{"padding", [][]byte{a, zeros, b, {0}}, [][]byte{a, b}, Skipped{}},
		{"multipart", [][]byte{[]byte("--x\r\n\r\n"), a, []byte("\r\n--x\r\n\r\n"), b}, [][]byte{a, b}, Skipped{Junk: 16}},
		{"thumbnail", [][]byte{thumb, a}, [][]byte{thumb, a}, Skipped{}},
		{"torn between", [][]byte{a, torn, b}, [][]byte{a, b}, Skipped{Torn: 1}},
		{"torn at the end", [][]byte{a, torn}, [][]byte{a}, Skipped{Torn: 1}},
		// The cut-off thumbnail cannot be told from an image of its own.
		{"torn in a segment", [][]byte{thumb[:300], a, b}, [][]byte{a, b}, Skipped{Torn: 2}},
		{"torn in headers", [][]byte{a[:3], b}, [][]byte{b}, Skipped{Torn: 1}},
		{"too large", [][]byte{a, insert(c, len(c)-2, zeros), b}, [][]byte{a, b}, Skipped{TooLarge: 1}},
		{"empty", nil, nil, Skipped{}},
		{"no images", [][]byte{[]byte("hello"), zeros}, nil, Skipped{Junk: 5}},
		{"half a marker", [][]byte{a, {0xFF}}, [][]byte{a}, Skipped{Junk: 1}},
	} {
		data := bytes.Join(x.parts, nil)
		for way, r := range map[string]io.Reader{
			"at once":     bytes.NewReader(data),
			"byte a time": iotest.OneByteReader(bytes.NewReader(data)),
			"err at end":  iotest.DataErrReader(bytes.NewReader(data)),
		} {
			s := NewSplitter(r, 60_000)
			var got [][]byte
			for {
				img, err := s.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s, %s: %v", x.name, way, err)
				}
				got = append(got, clone(img))
			}
			if len(got) != len(x.want) {
				t.Errorf("%s, %s: %d images, want %d", x.name, way, len(got), len(x.want))
				continue
			}
			for i := range got {
				if !bytes.Equal(got[i], x.want[i]) {
					t.Errorf("%s, %s: image %d has %d bytes, want %d", x.name, way, i, len(got[i]), len(x.want[i]))
				}
			}
			if skip := s.Skipped(); skip != x.skip {
				t.Errorf("%s, %s: skipped %+v, want %+v", x.name, way, skip, x.skip)
			}
		}
	}
}

// An image comes out as soon as its last byte is there: a live stream has no next one yet.
func TestSplitterDoesNotWait(t *testing.T) {
	img := sample(t, 40, 30)
	r, w := io.Pipe()
	defer w.Close()
	go w.Write(img)
	if got, err := NewSplitter(r, 0).Next(); err != nil || !bytes.Equal(got, img) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestSplitterGoesOnAfterError(t *testing.T) {
	img := sample(t, 40, 30)
	half := len(img) / 2
	r := io.MultiReader(bytes.NewReader(img[:half]), &failOnce{}, bytes.NewReader(img[half:]))
	s := NewSplitter(r, 0)
	if _, err := s.Next(); !errors.Is(err, errOnce) {
		t.Fatalf("error %v", err)
	}
	if got, err := s.Next(); err != nil || !bytes.Equal(got, img) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

var errOnce = errors.New("once")

type failOnce struct{ done bool }

func (f *failOnce) Read([]byte) (int, error) {
	if f.done {
		return 0, io.EOF
	}
	f.done = true
	return 0, errOnce
}

func TestNoAllocations(t *testing.T) {
	img := sample(t, 100, 80)
	bare := stripDHT(t, load(t, "420"))
	padded := append(clone(img), make([]byte, 1000)...)
	var dst []byte
	src := bytes.NewReader(bytes.Repeat(img, 50))
	s := NewSplitter(src, 0)
	work := func() {
		src.Seek(0, io.SeekStart)
		s.Reset(src)
		for {
			if _, err := s.Next(); err != nil {
				break
			}
		}
		if _, _, err := Find(padded); err != nil {
			t.Fatal(err)
		}
		var err error
		if dst, err = AppendDecodable(dst[:0], bare); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(10, work); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSplitter(f *testing.F) {
	a, b := sample(f, 40, 30), sample(f, 16, 16)
	f.Add(append(clone(a), b...))
	f.Add(append(clone(a[:200]), b...))
	f.Add(append(insert(a, 2, app(1, b)), 0, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, slow := NewSplitter(bytes.NewReader(data), 2000), NewSplitter(iotest.OneByteReader(bytes.NewReader(data)), 2000)
		for range len(data) + 1 {
			img, err := s.Next()
			img2, err2 := slow.Next()
			if !bytes.Equal(img, img2) || err != err2 {
				t.Fatalf("read at once: %d bytes, %v; byte by byte: %d bytes, %v", len(img), err, len(img2), err2)
			}
			if err != nil {
				if err != io.EOF {
					t.Fatal(err)
				}
				return
			}
			if n, err := End(img); err != nil || n != len(img) || n > 2000 {
				t.Fatalf("not one image: %d of %d bytes, %v", n, len(img), err)
			}
			if out, err := AppendDecodable(nil, img); err == nil {
				if h, _, err := Check(out); err != nil || !h.HasTables {
					t.Fatalf("completed, it is %+v, %v", h, err)
				}
			}
		}
		t.Fatal("more images than bytes")
	})
}

func sample(t testing.TB, w, h int) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetRGBA(i%w, i/w, color.RGBA{uint8(rng.IntN(256)), uint8(i), uint8(i / w), 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../luma/testdata/" + name + ".jpg")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func app(n byte, payload []byte) []byte {
	size := len(payload) + 2
	return append([]byte{0xFF, APP0 + n, byte(size >> 8), byte(size)}, payload...)
}

func insert(img []byte, at int, b []byte) []byte {
	return append(append(clone(img[:at]), b...), img[at:]...)
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

func stripDHT(t testing.TB, img []byte) []byte {
	t.Helper()
	out := clone(img[:2])
	for at := 2; ; {
		s, err := NextSegment(img, at)
		if err != nil {
			t.Fatal(err)
		}
		if s.Marker == SOS {
			return append(out, img[s.Start:]...)
		}
		if s.Marker != DHT {
			out = append(out, img[s.Start:s.Next]...)
		}
		at = s.Next
	}
}

func TestErrorsReadWell(t *testing.T) {
	img := sample(t, 40, 30)
	_, err := End(img[:100])
	if s := err.Error(); !strings.HasPrefix(s, "torn JPEG: breaks off after 100 bytes") {
		t.Error(s)
	}
}
