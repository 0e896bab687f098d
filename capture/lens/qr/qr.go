// Package qr reads QR codes (ISO/IEC 18004) in grey pictures, however they are turned, tilted or mirrored.
//
//	var r qr.Reader
//	texts := r.Read(&qr.Picture{W: w, H: h, Dark: dark})
//
// What a picture costs is bounded whatever it shows: each stage hands on a bounded number of candidates.
//
//   - find.go: marks of a corner, the squares in squares that any line through their middle crosses as 1:1:3:1:1 (at most 256)
//   - corners.go: three of them that stand like the corners of a code in perspective (the 12 likeliest)
//   - grid.go: where the modules lie. The widths of the marks give the perspective, and the modules whose colour is known (marks,
//     timing, alignment) correct it
//   - decode.go, correct.go, text.go: from modules to a text
//
// The layout of each version is that of rsc.io/qr/coding.
package qr

// Picture says how much darker each pixel is than its surroundings: above 0 is dark. Light that falls on a part of the scene is
// gone from it already.
type Picture struct {
	W, H int
	Dark []int8 // W*H, row by row
}

// at interpolates. Beyond the edges the picture is light.
func (p *Picture) at(x, y float64) float64 {
	x, y = x-0.5, y-0.5
	if !(x >= 0 && y >= 0 && x < float64(p.W-1) && y < float64(p.H-1)) { // NaN too
		return 0
	}
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	i := iy*p.W + ix
	top := float64(p.Dark[i])*(1-fx) + float64(p.Dark[i+1])*fx
	low := float64(p.Dark[i+p.W])*(1-fx) + float64(p.Dark[i+p.W+1])*fx
	return top*(1-fy) + low*fy
}

// Reader reads codes and keeps the memory that this takes. The zero Reader is ready. It is not for concurrent use.
type Reader struct {
	marks   []mark
	layouts [maxVersion + 1]*layout
	modules modules
	choices []corners
}

// The versions that are read: those with 21 to 105 modules a side, of which the largest holds 1451 characters at level M.
const (
	minVersion = 1
	maxVersion = 22
)

// maxCodes bounds how many codes of one picture are read.
const maxCodes = 4

// Read returns the texts of the codes in a picture, at most four.
func (r *Reader) Read(p *Picture) (texts []string) {
	if p.W < 21 || p.H < 21 || len(p.Dark) < p.W*p.H {
		return nil
	}
	r.find(p)
	r.choose()
	used := map[int]bool{} // marks of codes that were read
	for i := range r.choices {
		c := &r.choices[i]
		if used[c.marks[0]] || used[c.marks[1]] || used[c.marks[2]] {
			continue
		}
		if text, ok := r.read(p, c); ok {
			for _, m := range c.marks {
				used[m] = true
			}
			if texts = append(texts, text); len(texts) == maxCodes {
				break
			}
		}
	}
	return texts
}

// read reads the code between three marks.
func (r *Reader) read(p *Picture, c *corners) (string, bool) {
	g, ok := c.grid(p)
	if !ok {
		return "", false
	}
	for _, fit := range r.fits(p, g) {
		r.modules.sample(p, &fit.grid, r.layout(fit.version).side)
		if text, ok := r.modules.decode(fit.version); ok {
			return text, true
		}
	}
	return "", false
}
