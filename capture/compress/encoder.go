package compress

import (
	"fmt"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/raw"
)

// Encoder makes JPEG images. It keeps the tables of the last quality. The zero Encoder is ready. It is not for
// concurrent use.
type Encoder struct {
	quality int          // of the tables; 0: there are none
	quant   [2]quantiser // luma, chroma
	codes   [2]codes     // luma, chroma
	planes  [3]raw.Plane
	pairs   bool // two rows of chroma make one of the image
	block   [64]int32
}

// Append appends a raw frame as a JPEG image to dst, in a quality of 1 to 100 as libjpeg counts it. Errors are
// those of [raw.Planes]; dst is then returned as it was.
func (e *Encoder) Append(dst []byte, f *capture.Frame, quality int) ([]byte, error) {
	planes, n, err := raw.Planes(f)
	if err != nil {
		return dst, fmt.Errorf("compress frame: %w", err)
	}
	e.planes, e.pairs = planes, n == 3 && planes[1].H == f.Height
	e.prepare(min(max(quality, 1), 100))
	w := bitWriter{dst: e.appendHeader(dst, f.Width, f.Height, n)}
	if n == 1 {
		e.grey(&w, f.Width, f.Height)
	} else {
		e.colour(&w, f.Width, f.Height)
	}
	e.planes = [3]raw.Plane{} // the frame is the caller's
	return w.end(), nil
}

func (e *Encoder) grey(w *bitWriter, width, height int) {
	var dc int32
	for y := 0; y < height; y += 8 {
		for x := 0; x < width; x += 8 {
			dc = e.add(w, 0, x, y, dc)
		}
	}
}

// colour writes four blocks of luma and one of each chroma in turn.
func (e *Encoder) colour(w *bitWriter, width, height int) {
	var dc [3]int32
	for y := 0; y < height; y += 16 {
		for x := 0; x < width; x += 16 {
			for i := range 4 {
				dc[0] = e.add(w, 0, x+8*(i&1), y+8*(i>>1), dc[0])
			}
			dc[1] = e.add(w, 1, x/2, y/2, dc[1])
			dc[2] = e.add(w, 2, x/2, y/2, dc[2])
		}
	}
}

// add writes the block of a plane at (x, y). It returns its DC value, against which the next one is coded.
func (e *Encoder) add(w *bitWriter, plane, x, y int, before int32) int32 {
	load(&e.block, &e.planes[plane], x, y, e.pairs && plane > 0)
	transform(&e.block)
	table := min(plane, 1)
	return w.block(&e.block, &e.quant[table], &e.codes[table], before)
}

// prepare makes the tables, unless they are those of the last image.
func (e *Encoder) prepare(quality int) {
	if e.quality == quality {
		return
	}
	if e.quality == 0 {
		e.codes[0], e.codes[1] = standardCodes()
	}
	e.quality = quality
	e.quant[0].set(&standardLuma, quality)
	e.quant[1].set(&standardChroma, quality)
}

// appendHeader writes what comes before the entropy-coded data (T.81 B.2), with a JFIF header, which says that
// the colours are YCbCr.
func (e *Encoder) appendHeader(dst []byte, w, h, components int) []byte {
	dst = append(dst, 0xFF, mjpeg.SOI)
	dst = append(dst, 0xFF, mjpeg.APP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 2, 0, 0, 1, 0, 1, 0, 0)
	for i := range min(components, 2) {
		dst = append(dst, 0xFF, mjpeg.DQT, 0, 67, byte(i))
		dst = append(dst, e.quant[i].steps[:]...)
	}
	dst = append(dst, 0xFF, mjpeg.SOF0, 0, byte(8+3*components), 8, byte(h>>8), byte(h), byte(w>>8), byte(w), byte(components))
	if components == 1 {
		dst = append(dst, 1, 0x11, 0)
	} else {
		dst = append(dst, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
	}
	tables := mjpeg.StandardTables()
	dst = append(dst, 0xFF, mjpeg.DHT, byte((len(tables)+2)>>8), byte(len(tables)+2))
	dst = append(dst, tables...)
	dst = append(dst, 0xFF, mjpeg.SOS, 0, byte(6+2*components), byte(components), 1, 0x00)
	if components == 3 {
		dst = append(dst, 2, 0x11, 3, 0x11)
	}
	return append(dst, 0, 63, 0)
}
