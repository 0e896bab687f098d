package motion

// curve is how the brightness of the whole picture changed against the model, as a function of the
// model's brightness: exposure, gain and dimming change bright and dark places differently. It is
// the median change over the cells that do not move, in eight bins of brightness, with straight
// lines between their centres.
//
// The curve of the last frame helps to tell exposure from objects: exposure moves by small steps,
// or everywhere at once. A bin of which most cells jumped while the picture as a whole did not is
// covered by an object and takes what its neighbours have.
type curve struct {
	centre [curveBins]int32 // in units of the plane
	table  [256]int16       // by grey level of the mean
	hist   [curveBins][histSize]uint32
	count  [curveBins]int // cells in a bin
	near   [curveBins]int // of them, within nearStep of the last curve
}

const (
	curveBins = 8
	binWidth  = 256 / curveBins // grey levels
	histStep  = 4               // half a grey level
	histSize  = 1024            // +-2048
	histZero  = histSize / 2
	nearStep  = 12 * grey / histStep // how far exposure goes from one frame to the next
)

// at returns the change at a mean, both in units of the plane.
func (c *curve) at(mean int32) int32 { return int32(c.table[level(mean)]) }

func (c *curve) restart() { *c = curve{} }

// fit measures the curve. Cells with a mask other than 0 that changed lately do not count; those that
// only differ do, else a change of exposure that was once taken for motion would stay so for ever.
func (c *curve) fit(pix []int16, mean []int32, mask, flags []byte) {
	c.collect(pix, mean, mask, flags)
	total, near := 0, 0
	for b := range curveBins {
		total += c.count[b]
		near += c.near[b]
	}
	jumped := 2*near < total

	least := max(8, len(pix)/100)
	var known [curveBins]bool
	for b := range curveBins {
		h := &c.hist[b]
		switch {
		case c.near[b] >= least && 4*c.near[b] >= c.count[b]:
			c.centre[b] += median(h, histZero-nearStep, histZero+nearStep, c.near[b])
			known[b] = true
		case jumped && c.count[b] >= least:
			c.centre[b] += median(h, 0, histSize-1, c.count[b])
			known[b] = true
		}
	}
	c.borrow(&known)
	c.interpolate()
}

// collect counts the changes against the last curve.
func (c *curve) collect(pix []int16, mean []int32, mask, flags []byte) {
	for b := range c.hist {
		if c.count[b] > 0 {
			clear(c.hist[b][:])
			c.count[b], c.near[b] = 0, 0
		}
	}
	for i, v := range pix {
		if mask != nil && mask[i] != 0 && flags[i]&active != 0 {
			continue
		}
		m := mean[i] >> 8
		l := level(m)
		h := (int32(v)-m-int32(c.table[l]))>>2 + histZero
		h = min(max(h, 0), histSize-1)
		b := l / binWidth
		c.hist[b][h]++
		c.count[b]++
		if h >= histZero-nearStep && h <= histZero+nearStep {
			c.near[b]++
		}
	}
}

// borrow gives each bin that is not known what the nearest known one has.
func (c *curve) borrow(known *[curveBins]bool) {
	for b := range curveBins {
		if known[b] {
			continue
		}
		for s := 1; s < curveBins; s++ {
			if b-s >= 0 && known[b-s] {
				c.centre[b] = c.centre[b-s]
				break
			}
			if b+s < curveBins && known[b+s] {
				c.centre[b] = c.centre[b+s]
				break
			}
		}
	}
}

func (c *curve) interpolate() {
	for g := range c.table {
		// Position between bin centres, in grey levels from the first centre.
		p := min(max(g-binWidth/2, 0), (curveBins-1)*binWidth)
		b, f := p/binWidth, int32(p%binWidth)
		v := c.centre[b]
		if f != 0 {
			v += (c.centre[b+1] - v) * f / binWidth
		}
		c.table[g] = int16(v)
	}
}

// median returns the middle of the n values that lie in the steps first to last, in units of the
// plane, interpolated within its step.
func median(hist *[histSize]uint32, first, last, n int) int32 {
	half, seen := n/2, 0
	for h := first; h <= last; h++ {
		k := int(hist[h])
		if seen+k > half {
			inside := (2*(half-seen) + 1) * histStep / (2 * k)
			return int32((h-histZero)*histStep + inside)
		}
		seen += k
	}
	return 0
}

// level is the grey level 0..255 of a value in units of the plane.
func level(v int32) int32 { return min(max(v>>3+128, 0), 255) }
