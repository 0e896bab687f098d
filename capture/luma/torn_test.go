package luma

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"

	"signet/capture/mjpeg"
	"signet/internal/footage"
)

// scanOf returns where an image's entropy-coded data lie.
func scanOf(t testing.TB, img []byte) (from, to int) {
	t.Helper()
	h, err := mjpeg.Parse(img)
	if err != nil {
		t.Fatal(err)
	}
	s, err := mjpeg.NextSegment(img, h.Scan)
	if err != nil {
		t.Fatal(err)
	}
	return s.Next, len(img) - 2
}

// cut takes the bytes from..to out of an image.
func cut(img []byte, from, to int) []byte { return slices.Concat(img[:from], img[to:]) }

// Cameras leave bytes at the end of intervals that mean nothing; much of that means that something was lost.
func TestStrayBytes(t *testing.T) {
	for _, name := range []string{"420", "422", "grey", "restart", "restart-rows"} {
		img := read(t, "testdata/"+name+".jpg")
		from, to := scanOf(t, img)
		ends := []int{to}
		for i := from; i < to; i++ {
			if img[i] == 0xFF && mjpeg.RST0 <= img[i+1] && img[i+1] <= mjpeg.RST7 {
				ends = append(ends, i)
			}
		}
		for stuff, whole := range map[string]bool{
			"":                         true,
			"\xFF\xFF\xFF":             true, // fill bytes
			"\xFF\x00":                 true,
			"\x9D\x41\x00\x77\x5A":     true,
			"\x12\x34\x56\x78\x9A\xBC": true,
			string(bytes.Repeat([]byte{0x5A}, stray+2)): false,
			string(make([]byte, 500)):                   false,
		} {
			for _, at := range ends {
				var d Decoder
				var p Plane
				err := d.Decode(&p, frame(slices.Insert(slices.Clone(img), at, []byte(stuff)...)))
				var broken *BrokenError
				switch {
				case whole && err != nil:
					t.Errorf("%s with %x at %d: %v", name, stuff, at, err)
				case whole:
					comparePGM(t, name, &p, read(t, "testdata/"+name+".pgm"))
				case !errors.As(err, &broken) || broken.Why != tooLong:
					t.Errorf("%s with %d bytes too many at %d: %v", name, len(stuff), at, err)
				}
			}
		}
	}
}

// A frame without its end, with restart markers out of turn, or with intervals lost or sent twice is not whole.
func TestRestartsOutOfTurn(t *testing.T) {
	img := read(t, "testdata/restart-rows.jpg")
	from, to := scanOf(t, img)
	var at []int // of the intervals' ends
	for i := from; i < to; i++ {
		if img[i] == 0xFF && mjpeg.RST0 <= img[i+1] && img[i+1] <= mjpeg.RST7 {
			at = append(at, i)
		}
	}
	if len(at) < 3 {
		t.Fatalf("%d restart markers", len(at))
	}
	other := slices.Clone(img)
	other[at[1]+1] ^= 1
	for name, b := range map[string][]byte{
		"an interval lost":       cut(img, at[0], at[1]),
		"the last interval lost": cut(img, at[len(at)-1], to),
		"an interval twice":      slices.Insert(slices.Clone(img), at[1], img[at[0]:at[1]]...),
		"intervals at the end":   slices.Insert(slices.Clone(img), to, img[at[len(at)-1]:to]...),
		"another number":         other,
		"no end":                 img[:to],
		"half an end":            img[:to+1],
	} {
		var d Decoder
		var broken *BrokenError
		if err := d.Decode(new(Plane), frame(b)); !errors.As(err, &broken) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	separate := read(t, "testdata/separate.jpg") // luma comes first
	var d Decoder
	if err := d.Decode(new(Plane), frame(separate[:len(separate)-2])); !errors.Is(err, mjpeg.ErrTorn) {
		t.Errorf("last scan without an end: %v", err)
	}
}

// What real frames look like when a USB bus loses packets: cut in the middle, or the head of one frame with the
// tail of another. Nearly all are found out; the others differ from a good frame by a few blocks.
func TestLostPackets(t *testing.T) {
	for _, name := range []string{"highway", "onebyone"} {
		for _, restart := range []bool{false, true} {
			imgs := realImages(t, name, 20, restart)
			rng := rand.New(rand.NewPCG(1, 2))
			passed, n := 0, 600
			for i := range n {
				a, b := imgs[rng.IntN(len(imgs))], imgs[rng.IntN(len(imgs))]
				from, to := scanOf(t, a)
				var bad []byte
				if i%2 == 0 { // payloads of 948 or 3060 bytes are usual
					lost := []int{948, 3060, 9480}[rng.IntN(3)]
					at := from + rng.IntN(to-from-lost)
					bad = cut(a, at, at+lost)
				} else {
					head, tail := from+rng.IntN(to-from), from+rng.IntN(len(b)-2-from)
					bad = slices.Concat(a[:head], b[tail:])
				}
				if _, _, err := mjpeg.Find(bad); err != nil {
					continue // a marker at the seam
				}
				var d Decoder
				if d.Decode(new(Plane), frame(bad)) == nil {
					passed++
				}
			}
			t.Logf("%s, restart markers %v: %d of %d torn frames pass for whole", name, restart, passed, n)
			if passed > n/100 {
				t.Errorf("%s, restart markers %v: %d of %d torn frames pass for whole", name, restart, passed, n)
			}
		}
	}
}

// realImages returns frames of the footage, which is not part of the project.
func realImages(t *testing.T, name string, n int, restart bool) [][]byte {
	t.Helper()
	f, err := os.Open(footage.Path(t, name+".mjpeg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := mjpeg.NewSplitter(f, 0)
	var imgs [][]byte
	for range n {
		img, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		img = slices.Clone(img)
		if restart {
			cmd := exec.Command("jpegtran", "-restart", "1")
			cmd.Stdin = bytes.NewReader(img)
			if img, err = cmd.Output(); err != nil {
				t.Skipf("no jpegtran (Debian: libjpeg-turbo-progs): %v", err)
			}
		}
		imgs = append(imgs, img)
	}
	return imgs
}
