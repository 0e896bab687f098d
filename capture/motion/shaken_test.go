package motion

import (
	"bytes"
	"compress/gzip"
	"image"
	"image/jpeg"
	"io"
	"testing"

	"signet/capture/mjpeg"
	"signet/internal/footage"
)

// shakeFootage decodes the frames from to to, exclusively, of a recording; what lies beyond the rim stays outside.
func shakeFootage(t *testing.T, name string, from, to int) (out []*scenery) {
	t.Helper()
	split := mjpeg.NewSplitter(recording(t, name), 0)
	for i := range to {
		b, err := split.Next()
		if err != nil {
			t.Fatal(err)
		}
		if i < from {
			continue
		}
		p, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		img := p.(*image.YCbCr)
		w, h := (img.Rect.Dx()-2*rim)/8, (img.Rect.Dy()-2*rim)/8
		grey := make([]float64, 0, (8*w+2*rim)*(8*h+2*rim))
		for y := range 8*h + 2*rim {
			for _, v := range img.Y[y*img.YStride:][:8*w+2*rim] {
				grey = append(grey, float64(v))
			}
		}
		out = append(out, sceneryOf(grey, w, h))
	}
	return out
}

// TestShakenFootageWithoutAnybody: the recordings' empty stretches to and fro, before a camera that shakes.
func TestShakenFootageWithoutAnybody(t *testing.T) {
	for _, clip := range []struct {
		name     string
		from, to int
	}{{footage.OneByOne, 0, 50}, {footage.OneByOne, 464, 496}, {footage.Highway, 0, 1}} {
		frames := shakeFootage(t, clip.name, clip.from, clip.to)
		for _, tt := range sways {
			const fps = 10
			d, at := newDetector(t, Config{}), tt.sway(4, fps)
			for i := range 30 * fps {
				k := i % (2 * len(frames))
				x, y := at(float64(i) / fps)
				r := d.Detect(frames[min(k, 2*len(frames)-1-k)].frame(x, y, 0.5, nil), stamp(i, fps))
				if len(r.Regions) > 0 || r.SceneChange {
					t.Errorf("%s from %d, %s, frame %d: %+v, scene change %v", clip.name, clip.from, tt.name, i, r.Regions, r.SceneChange)
					break
				}
			}
		}
	}
}

// TestShakenHighway compares cells with the truth, which shifts by whole pixels less than half a cell and is taken to stand.
// The figures of OpenCV's MOG2 and KNN on the whole recording, shaken by a random walk of four pixels: .850, .893.
func TestShakenHighway(t *testing.T) {
	z, err := gzip.NewReader(recording(t, "highway.cells.gz"))
	if err != nil {
		t.Fatal(err)
	}
	truth, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	const fps, untold = 30, 70
	frames := shakeFootage(t, footage.Highway, 0, 250)
	for _, tt := range sways {
		d, at := newDetector(t, Config{}), tt.sway(4, fps)
		var hit, wrong, miss float64
		for i, f := range frames {
			x, y := at(float64(i) / fps)
			r := d.Detect(f.frame(x, y, 0, nil), stamp(i, fps))
			if i < untold {
				continue
			}
			for c, got := range r.Cells {
				const pitch, first = 80, rim / 8
				switch want := truth[i*80*60+(c/f.w+first)*pitch+c%f.w+first]; {
				case want == 1 && got == 1:
					hit++
				case want == 1:
					miss++
				case want == 0 && got == 1:
					wrong++
				}
			}
		}
		score := 2 * hit / (2*hit + wrong + miss)
		t.Logf("%s: cell F %.3f, precision %.3f, recall %.3f", tt.name, score, hit/(hit+wrong), hit/(hit+miss))
		if score < 0.85 {
			t.Errorf("%s: cell F %.3f, want at least .85", tt.name, score)
		}
	}
}
