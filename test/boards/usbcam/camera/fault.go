package camera

import (
	"math/rand/v2"

	"signet/capture/mjpeg"
	"signet/test/boards/usbcam/uvc"
)

// faults are what is wrong with the next frames of a stream: for how many of them, each.
type faults struct {
	Torn      int  `json:"torn"`      // cut in the middle, with end of frame
	NoEnd     int  `json:"noeof"`     // without the end-of-frame bit
	Error     int  `json:"err"`       // with the error bit
	Garbage   int  `json:"garbage"`   // bytes that are no JPEG
	TwoImages int  `json:"twoimages"` // the next image follows in the same frame
	Padding   int  `json:"padding"`   // zeros after the end
	NoHuffman bool `json:"nohuffman"` // until it is switched off: without Huffman tables
}

// counter returns the fault of that name, nil if there is none.
func (f *faults) counter(name string) *int {
	return map[string]*int{
		"torn": &f.Torn, "noeof": &f.NoEnd, "err": &f.Error,
		"garbage": &f.Garbage, "twoimages": &f.TwoImages, "padding": &f.Padding,
	}[name]
}

// use says whether one is left, and takes it.
func use(counter *int) bool {
	if *counter == 0 {
		return false
	}
	*counter--
	return true
}

// zeros pads; noise is what is no JPEG, the same in every run.
var (
	zeros = make([]byte, 1000)
	noise = func() []byte {
		b := make([]byte, 16<<10)
		for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(b); i++ {
			b[i] = byte(r.Uint32())
		}
		return b
	}()
)

// jpeg appends the pieces of a frame with img in it, spoiled as faults say.
func (f *faults) jpeg(dst [][]byte, img, other []byte) [][]byte {
	if use(&f.Garbage) {
		return append(dst, noise[:min(len(noise), len(img))])
	}
	if f.NoHuffman {
		dst = withoutTables(dst, img)
	} else {
		dst = append(dst, img)
	}
	if use(&f.TwoImages) {
		dst = append(dst, other)
	}
	if use(&f.Padding) {
		dst = append(dst, zeros)
	}
	return dst
}

// withoutTables appends img without its DHT segments.
func withoutTables(dst [][]byte, img []byte) [][]byte {
	from := 0
	for at := 2; ; {
		s, err := mjpeg.NextSegment(img, at)
		if err != nil || s.Marker == mjpeg.SOS {
			return append(dst, img[from:])
		}
		if s.Marker == mjpeg.DHT {
			dst = append(dst, img[from:s.Start])
			from = s.Next
		}
		at = s.Next
	}
}

// spoil does to a frame what can be done to one of any format.
func (f *faults) spoil(frame [][]byte, m *uvc.Marks) [][]byte {
	m.NoEnd = use(&f.NoEnd)
	m.Error = use(&f.Error)
	if !use(&f.Torn) {
		return frame
	}
	half := 0
	for _, p := range frame {
		half += len(p)
	}
	half /= 2
	for i, p := range frame {
		if len(p) >= half {
			frame[i] = p[:half]
			return frame[:i+1]
		}
		half -= len(p)
	}
	return frame
}
