package mjpeg

import (
	"bytes"
	"errors"
	"testing"
)

func TestFind(t *testing.T) {
	a, b := sample(t, 40, 30), sample(t, 16, 16)
	thumb := insert(a, 2, app(1, b))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	in := func(img []byte, marker byte) int { return bytes.Index(img, []byte{0xFF, marker}) } // first segment of a kind
	zeros := make([]byte, 5000)
	for _, c := range []struct {
		name string
		buf  []byte
		want []byte
		err  error
	}{
		{"one", a, a, nil},
		{"padded", join(a, zeros), a, nil},
		{"padded with fill bytes", join(a, bytes.Repeat([]byte{0xFF}, 100)), a, nil},
		{"two whole", join(a, b), a, nil},
		{"two whole with padding", join(a, zeros, b, zeros), a, nil},
		{"whole, then broken", join(a, b[:len(b)-9]), a, nil},
		{"broken in its scan, then whole", join(a[:len(a)-40], b), b, nil},
		{"broken in its scan, padding, whole", join(a[:len(a)-40], zeros, b), b, nil},
		{"broken in its first segment, then whole", join(a[:in(a, DQT)+9], b), b, nil},
		{"broken between segments, then whole", join(a[:in(a, DHT)], b), b, nil},
		{"broken in its Huffman tables, then whole", join(a[:in(a, DHT)+30], b), b, nil},
		{"broken in its frame header, then whole", join(a[:in(a, SOF0)+5], b), b, nil},
		{"broken in its scan header, then whole", join(a[:in(a, SOS)+7], b), b, nil},
		{"broken behind SOI, then whole", join(a[:2], b), b, nil},
		{"rest of one, then whole", join(a[300:], b), b, nil},
		{"without a scan, then whole", join(a[:in(a, SOS)], []byte{0xFF, EOI}, b), b, nil},
		{"six broken, then whole", join(bytes.Repeat(a[:len(a)-40], 6), b), b, nil},
		{"thumbnail", thumb, thumb, nil},
		{"thumbnail, padded", join(thumb, zeros), thumb, nil},
		{"broken with thumbnail, then whole", join(thumb[:len(thumb)-40], a), a, nil},
		{"broken with thumbnail", thumb[:len(thumb)-40], nil, ErrTorn},
		{"broken behind its thumbnail", thumb[:2+4+len(b)+20], nil, ErrTorn},
		{"broken in the thumbnail's segment", thumb[:2+4+len(b)-20], nil, ErrTorn},
		{"the thumbnail's segment lost bytes", join(thumb[:20], thumb[30:]), nil, ErrTorn},
		{"no scan", []byte{0xFF, SOI, 0xFF, EOI}, nil, ErrTorn},
		{"SOIs", bytes.Repeat([]byte{0xFF, SOI}, 1000), nil, ErrTorn},
		{"empty", nil, nil, ErrNotJPEG},
		{"zeros", zeros, nil, ErrNotJPEG},
	} {
		img, h, err := Find(c.buf)
		if !bytes.Equal(img, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%s: %d bytes, %v; want %d, %v", c.name, len(img), err, len(c.want), c.err)
			continue
		}
		if err != nil {
			continue
		}
		if want, err := Parse(c.want); err != nil || h.Width != want.Width || h.Height != want.Height || h.Scan != want.Scan {
			t.Errorf("%s: header %+v, want %+v (%v)", c.name, h, want, err)
		}
		if cap(img) != len(img) {
			t.Errorf("%s: appending to the image would overwrite the buffer", c.name)
		}
	}
}

func FuzzFind(f *testing.F) {
	a, b := sample(f, 40, 30), sample(f, 16, 16)
	f.Add(append(clone(a[:len(a)-40]), b...))
	f.Add(append(insert(a, 2, app(1, b))[:len(a)], b...))
	f.Add(append(clone(a[:30]), b...))
	f.Fuzz(func(t *testing.T, buf []byte) {
		img, h, err := Find(buf)
		if n, errAtStart := End(buf); errAtStart == nil && err != nil {
			if _, errAtStart = Parse(buf[:n]); errAtStart == nil {
				t.Fatalf("there is an image of %d bytes, found none: %v", n, err)
			}
		}
		if err != nil {
			if img != nil {
				t.Fatalf("image and error %v", err)
			}
			return
		}
		if h2, n, err := Check(img); err != nil || n != len(img) || h2.Scan != h.Scan || !bytes.Contains(buf, img) {
			t.Fatalf("not one image: %d of %d bytes, %v", n, len(img), err)
		}
	})
}
