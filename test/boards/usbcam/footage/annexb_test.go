package footage

import (
	"bytes"
	"slices"
	"testing"

	"signet/test/boards/usbcam/uvc"
)

// A parameter set of x264 for 64x48 pixels, as ffmpeg writes it.
var sps = []byte{0x67, 0x42, 0xC0, 0x0A, 0xD9, 0x04, 0x7B, 0x01, 0x10, 0, 0, 3, 0, 0x10, 0, 0, 3, 0, 0xA0, 0xF1, 0x22, 0x64, 0x80}

// coded puts a start code before each NAL unit.
func coded(nals ...[]byte) (pieces [][]byte) {
	for _, n := range nals {
		pieces = append(pieces, []byte{0, 0, 0, 1}, bytes.TrimLeft(n, "\x00")[1:])
	}
	return pieces
}

func nal(long bool, b ...byte) []byte {
	start := []byte{0, 0, 1}
	if long {
		start = []byte{0, 0, 0, 1}
	}
	return append(start, b...)
}

func TestSplitH264(t *testing.T) {
	var (
		spsN   = nal(true, sps...)
		pps    = nal(true, 0x68, 0xCE)
		sei    = nal(false, 0x06, 5, 1)
		idr    = nal(false, 0x65, 0x88, 1)
		idr2   = nal(false, 0x65, 0x28, 2) // another slice of it
		delta  = nal(true, 0x41, 0x9A, 3)
		delta2 = nal(false, 0x41, 0x1A, 4)
		aud    = nal(true, 0x09, 0xF0)
		plain  = nal(true, 0x41, 0x9B, 5)
	)
	h, err := splitH264(slices.Concat(spsN, pps, sei, idr, idr2, delta, delta2, aud, plain, plain, spsN, pps, idr))
	if err != nil {
		t.Fatal(err)
	}
	want := []Unit{
		{Params: coded(spsN, pps), Rest: coded(sei, idr, idr2), Key: true},
		{Rest: coded(delta, delta2)},
		{Rest: coded(aud, plain)},
		{Rest: coded(plain)},
		{Params: coded(spsN, pps), Rest: coded(idr), Key: true},
	}
	if !slices.EqualFunc(h.Units, want, func(a, b Unit) bool {
		return a.Key == b.Key && slices.EqualFunc(a.Params, b.Params, bytes.Equal) && slices.EqualFunc(a.Rest, b.Rest, bytes.Equal)
	}) {
		t.Errorf("got  %v\nwant %v", h.Units, want)
	}
	if h.Size != (uvc.Size{Width: 64, Height: 48}) || len(h.Params) != 4 {
		t.Errorf("size %s, %d parameter sets", h.Size, len(h.Params))
	}
	for name, data := range map[string][]byte{
		"nothing":            nil,
		"no start code":      []byte("\x67abc"),
		"no parameters":      idr,
		"no key picture":     slices.Concat(spsN, pps, delta),
		"a broken parameter": slices.Concat(nal(true, 0x67, 1), pps, idr),
		"an MP4":             []byte("\x00\x00\x00\x18ftypmp42"),
	} {
		if h, err := splitH264(data); err == nil {
			t.Errorf("%s: %d units", name, len(h.Units))
		}
	}
}

func FuzzSplitH264(f *testing.F) {
	f.Add(slices.Concat(nal(true, sps...), nal(false, 0x68, 0xCE), nal(false, 0x65, 0x88), nal(true, 0x41, 0x9A)))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := splitH264(b)
		if err != nil {
			return
		}
		n := 0
		for _, u := range h.Units {
			for i, p := range slices.Concat(u.Params, u.Rest) {
				if i%2 == 1 {
					n += len(p)
				}
			}
		}
		if n > len(b) || !h.Units[0].Key {
			t.Errorf("%d bytes in units of %d", n, len(b))
		}
	})
}
