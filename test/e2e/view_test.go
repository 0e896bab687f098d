package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
)

// sketch is a picture in few grey levels' worth of detail, row by row: enough to know it again.
type sketch [sketchWidth * sketchHeight]float64

const sketchWidth, sketchHeight = 8, 6

// seesThrough checks that a picture on the page is what the camera sees on its stage now: the screen that is held before
// it, and not the room without it.
func (p *person) seesThrough(st *stage, id string) {
	p.t.Helper()
	shown := p.sketch(id)
	st.mu.Lock()
	film, room := st.film, st.room
	st.mu.Unlock()
	held, empty := math.Inf(1), math.Inf(1)
	for _, f := range film {
		held = min(held, shown.from(sketchOf(p.t, f)))
	}
	for _, f := range room {
		empty = min(empty, shown.from(sketchOf(p.t, f)))
	}
	if empty < 1.5*held {
		p.shot("failed")
		p.t.Errorf("the picture is %.1f grey levels from what the camera sees, %.1f from the empty room", held, empty)
	}
}

// sketch returns a picture on the page.
func (p *person) sketch(id string) (s sketch) {
	p.t.Helper()
	copy(s[:], eval[[]float64](p.browser, fmt.Sprintf(`(() => {
		const g = new OffscreenCanvas(%[1]d, %[2]d).getContext("2d");
		g.imageSmoothingQuality = "high";
		g.drawImage(document.querySelector('[data-testid=%[3]s]'), 0, 0, %[1]d, %[2]d);
		const d = g.getImageData(0, 0, %[1]d, %[2]d).data;
		return Array.from({ length: %[1]d * %[2]d }, (_, i) => 0.299 * d[4 * i] + 0.587 * d[4 * i + 1] + 0.114 * d[4 * i + 2]);
	})()`, sketchWidth, sketchHeight, id)))
	return s
}

func sketchOf(t *testing.T, frame []byte) (s sketch) {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(frame))
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	for i := range s {
		x, y := i%sketchWidth, i/sketchWidth
		s[i] = mean(img, image.Rect(b.Dx()*x/sketchWidth, b.Dy()*y/sketchHeight, b.Dx()*(x+1)/sketchWidth, b.Dy()*(y+1)/sketchHeight))
	}
	return s
}

// mean returns the brightness of a part of a picture.
func mean(img image.Image, r image.Rectangle) (sum float64) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			sum += float64(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
		}
	}
	return sum / float64(r.Dx()*r.Dy())
}

// from is how far two sketches are apart, in grey levels.
func (s sketch) from(o sketch) (sum float64) {
	for i := range s {
		sum += math.Abs(s[i] - o[i])
	}
	return sum / float64(len(s))
}
