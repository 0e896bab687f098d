package lens

import (
	"errors"

	"github.com/liyue201/goqr"
)

// ways are how a frame is read, in turn. Of 250 rendered frames, from easy to hopeless, each alone read (640x480, amd64):
// smoothed and binarised 222 in 13 ms, as it is 192 in 9 ms, doubled and binarised 207 in 39 ms, which reads the small ones; one of
// them or more 238, and all but the mirrored ones and two of the worst.
var ways = [...]func(*Finder) ([]string, error){
	(*Finder).smoothed,
	(*Finder).plain,
	(*Finder).smoothed,
	(*Finder).doubled,
	(*Finder).mirrored,
}

// Parts of the picture's height that a pixel is compared with.
const (
	coarse = 12
	fine   = 20
)

func (f *Finder) plain() ([]string, error) { return read(&f.grey) }

func (f *Finder) smoothed() ([]string, error) {
	f.work[0].smooth(&f.grey)
	f.work[1].binarise(&f.work[0], coarse)
	return read(&f.work[1])
}

func (f *Finder) doubled() ([]string, error) {
	if 2*f.grey.w > maxWidth {
		return f.smoothed() // large enough
	}
	f.work[0].double(&f.grey)
	f.work[1].binarise(&f.work[0], fine)
	return read(&f.work[1])
}

// mirrored reads what a camera shows as a mirror does.
func (f *Finder) mirrored() ([]string, error) {
	f.grey.mirror()
	return f.smoothed()
}

var errGaveUp = errors.New("the reader of codes gave up")

// read returns the texts of the codes in a picture. What the reader trips over, it gives up.
func read(g *grey) (texts []string, err error) {
	defer func() {
		if recover() != nil {
			texts, err = nil, errGaveUp
		}
	}()
	if g.w < minSide || g.h < minSide {
		return nil, nil
	}
	r := goqr.NewRecognizer(g.w, g.h)
	r.Begin()
	for y := range g.h {
		for x, v := range g.pix[y*g.w:][:g.w] {
			r.SetPixel(x, y, v)
		}
	}
	r.End()
	for i := range r.Count() {
		if d, err := r.Decode(i); err == nil {
			texts = append(texts, string(d.Payload))
		}
	}
	return texts, nil
}

// minSide is of the smallest picture that can have a code, in pixels.
const minSide = 21
