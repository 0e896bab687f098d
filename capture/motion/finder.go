package motion

// Regions smaller or fainter than this are noise (4 cells, a fifth strong, in the trials).
const (
	minCells    = 4
	strongShare = 5
	maxRegions  = 64 // more at once are counted as still picture; labels are bytes
)

// region is a patch of touching cells that differ.
type region struct {
	x0, y0, x1, y1 int // inclusive
	cells          int
	strong, active int
	kept           int // cells that had enough evidence in the frame before, too
	lit            int // cells in light, of which they stand out
	sumX, sumY     int
	turns          int // sum of their rates, see turns
	blink          int // sum of how often its cells blink, see model
	ratio          int // sum of difference / threshold, x16, each at most 8
	is, before     int // sums of its brightness above black: in the picture, and in the model
	edge, was      int // sum of steps across its outline: in the picture, and in the model
	track          int // index into the tracker, or -1
}

func (g *region) centre() (x, y float64) {
	return float64(g.sumX) / float64(g.cells), float64(g.sumY) / float64(g.cells)
}

// left tells that the outline of the region is in the model and no longer in the picture: something stood there.
func (g *region) left() bool { return g.edge*5 < g.was*4 }

// shines tells whether the outline of the region was there before and became clearer as the region became brighter: a
// light fell on something that ends there.
func (g *region) shines() bool {
	if g.cells < lightCells || g.before <= 0 || g.was <= 0 {
		return false
	}
	brighter, clearer := float64(g.is)/float64(g.before), float64(g.edge)/float64(g.was)
	return brighter > 1.2 && clearer > 0.9*brighter && clearer < 1.15*brighter
}

// blinks tells whether the region lies where things blink: of eight cells one has crossed half of its threshold lately while
// nothing passed.
func (g *region) blinks() bool { return 8*g.blink >= g.cells*blinkStep }

// score says in 0..1 how much is to be seen: half of it is the contrast (full from four thresholds
// on), half the size (full from a twentieth of the picture on).
func (g *region) score(picture int) float64 {
	contrast := float64(g.ratio) / float64(16*4*g.cells)
	size := float64(g.cells) * 20 / float64(picture)
	return min(contrast, 1)/2 + min(size, 1)/2
}

// finder makes regions from cells that differ.
type finder struct {
	w, h    int
	mask    []byte  // cells with enough evidence
	label   []uint8 // 1 + index into regions, 0 for none
	rows    []byte  // evidence of a cell and its neighbours in a row
	zeros   []byte  // a row without evidence
	dark    []bool  // rows without evidence
	stack   []int32
	regions []region
	stirred bool // a cell of the mask changed lately
	watch   watch
	light   light
	flash   flash
	turns   turns

	top, bottom []int32 // rows of a region, by column
}

func (f *finder) resize(w, h int) {
	f.w, f.h = w, h
	f.mask, f.label, f.rows = make([]byte, w*h), make([]uint8, w*h), make([]byte, w*h)
	f.zeros, f.dark = make([]byte, w), make([]bool, h)
	f.stack = make([]int32, 0, w*h)
	f.regions = make([]region, 0, maxRegions)
	f.top, f.bottom = make([]int32, w), make([]int32, w)
	f.watch.resize(w, h)
	f.light.resize(w, h)
	f.flash.resize(w * h)
	f.turns.resize(w * h)
}

func (f *finder) restart() {
	clear(f.mask)
	clear(f.label)
	f.regions = f.regions[:0]
	f.flash.restart()
	f.turns.restart()
}

// find returns the regions of the frame that m has compared. They hold until the next call. What turns out to be light is
// taken from the differences, and regions are made of what remains.
func (f *finder) find(m *model, pix []int16) []region {
	f.light.fresh = false
	f.mask, f.flash.was = f.flash.was, f.mask
	if f.gather(m, pix, true) && f.light.forgive(m, f.label) {
		f.gather(m, pix, false)
	}
	for i, l := range f.label {
		if l >= lit {
			f.label[i] = 0
		}
	}
	return f.regions
}

// gather makes regions of the cells with enough evidence. With ask, those of light are none; their cells are labelled so. It
// tells whether there is any such cell.
func (f *finder) gather(m *model, pix []int16, ask bool) bool {
	clear(f.label)
	f.regions, f.stirred = f.regions[:0], false
	f.flash.cells, f.flash.kept = 0, 0
	f.watch.cut(m.evidence)
	if !f.pick(m) {
		return false
	}
	f.stirred = m.stir(pix, f.mask)
	for i, on := range f.mask {
		if on == 0 || f.label[i] != 0 || len(f.regions) == maxRegions {
			continue
		}
		g := f.grow(i, m, pix)
		f.flash.add(&g, f.w*f.h)
		switch {
		case g.cells < minCells || g.strong*strongShare < g.cells:
			f.relabel(g, rejected)
		case ask && f.isLight(&g, m, pix):
			f.relabel(g, lit)
		case g.lit*2 > g.cells && g.edge < g.was: // its outline was there before: a thing that light falls on
			f.relabel(g, rejected)
		case !ask && g.shines():
			f.relabel(g, rejected)
		default:
			f.regions = append(f.regions, g)
		}
	}
	return true
}

// isLight asks about the region that was grown last.
func (f *finder) isLight(g *region, m *model, pix []int16) bool {
	if g.cells < lightCells {
		return false
	}
	f.light.measure(m, pix)
	return f.light.soft(g, f.mask, f.label, uint8(len(f.regions)+1))
}

const rejected = 255

// grow labels everything that touches cell start, diagonals included, and sums it up.
func (f *finder) grow(start int, m *model, pix []int16) region {
	w, h := f.w, f.h
	l := uint8(len(f.regions) + 1)
	g := region{x0: w, y0: h, track: -1}
	f.stack = append(f.stack[:0], int32(start))
	f.label[start] = l
	for len(f.stack) > 0 {
		i := int(f.stack[len(f.stack)-1])
		f.stack = f.stack[:len(f.stack)-1]
		x, y := i%w, i/w
		g.add(x, y, m.flags[i], int(m.diff[i]), int(m.threshold[i]))
		g.blink += int(m.blink[i])
		g.is += int(pix[i]) + black
		g.before += int(m.mean[i]>>8) + black
		g.turns += int(f.turns.rate[i])
		g.kept += int(f.flash.was[i])
		for ny := max(y-1, 0); ny <= min(y+1, h-1); ny++ {
			for nx := max(x-1, 0); nx <= min(x+1, w-1); nx++ {
				n := ny*w + nx
				switch {
				case f.mask[n] == 0 && (nx == x || ny == y):
					g.edge += int(abs(int32(pix[i]) - int32(pix[n])))
					g.was += int(abs(m.mean[i]-m.mean[n]) >> 8)
				case f.mask[n] != 0 && f.label[n] == 0:
					f.label[n] = l
					f.stack = append(f.stack, int32(n))
				}
			}
		}
	}
	return g
}

func (f *finder) relabel(g region, l uint8) {
	was := uint8(len(f.regions) + 1)
	for y := g.y0; y <= g.y1; y++ {
		for i := y*f.w + g.x0; i <= y*f.w+g.x1; i++ {
			if f.label[i] == was {
				f.label[i] = l
			}
		}
	}
}

func (g *region) add(x, y int, flags byte, diff, threshold int) {
	g.x0, g.x1 = min(g.x0, x), max(g.x1, x)
	g.y0, g.y1 = min(g.y0, y), max(g.y1, y)
	g.cells++
	g.sumX += x
	g.sumY += y
	if flags&strong != 0 {
		g.strong++
	}
	if flags&active != 0 {
		g.active++
	}
	if flags&inLight != 0 {
		g.lit++
	}
	if diff < 0 {
		diff = -diff
	}
	g.ratio += min(16*diff/max(threshold, 1), 16*8)
}
