package motion

// light tells light from objects. A cloud, a lamp or a car's headlights change a part of the picture by a factor that goes
// from place to place smoothly, and so towards the border of that part; an object ends within a cell or two. Within the light,
// what differs sharply from the light around it is still an object: somebody who walks through it.
type light struct {
	w, h   int
	change []int16 // in proportion to the model's brightness, x changeScale
	sums   []int32 // of change over all cells left of and above a corner: (w+1) x (h+1)
	fresh  bool    // change and sums are of this frame
}

const (
	lightCells  = 24 // smaller regions are not asked
	lightReach  = 6  // the light at a cell is the mean over so many cells in each direction
	softShare   = 2  // a region is light where its outline steps by less than half of its change
	blackLevel  = 8  // grey levels that do not follow the light, for lenses that stray
	changeScale = 1 << 12
	mostChange  = 4 * changeScale
)

const lit = 254 // label of the cells of light

func (l *light) resize(w, h int) {
	l.w, l.h = w, h
	l.change = make([]int16, w*h)
	l.sums = make([]int32, (w+1)*(h+1))
}

// base is what a change of the light at cell i is in proportion to, in grey levels.
func base(m *model, i int) int32 { return level(m.mean[i]>>8) + blackLevel }

// measure takes up a frame, unless it has. The brightness curve is left out: it is light, too.
func (l *light) measure(m *model, pix []int16) {
	if l.fresh {
		return
	}
	l.fresh = true
	for y := range l.h {
		above, here := l.sums[y*(l.w+1):][:l.w+1], l.sums[(y+1)*(l.w+1):][:l.w+1]
		row := int32(0)
		for x := range l.w {
			i := y*l.w + x
			c := (int32(pix[i]) - m.mean[i]>>8) * (changeScale / grey) / base(m, i)
			c = min(max(c, -mostChange), mostChange)
			l.change[i] = int16(c)
			row += c
			here[x+1] = above[x+1] + row
		}
	}
}

// soft says whether the region with the label is light. Cells of no region have a mask of 0.
func (l *light) soft(g *region, mask []byte, label []uint8, own uint8) bool {
	var inside, steps, outline int64
	for y := g.y0; y <= g.y1; y++ {
		for x := g.x0; x <= g.x1; x++ {
			i := y*l.w + x
			if label[i] != own {
				continue
			}
			inside += int64(abs(int32(l.change[i])))
			for _, to := range [...]struct{ x, y int }{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				nx, ny := x+to.x, y+to.y
				if nx >= 0 && nx < l.w && ny >= 0 && ny < l.h && mask[ny*l.w+nx] == 0 {
					steps += int64(abs(l.at(nx+to.x, ny+to.y) - l.at(x-to.x, y-to.y)))
					outline++
				}
			}
		}
	}
	return softShare*steps*int64(g.cells) < inside*outline
}

// at is the change at a cell, or at the nearest one of the picture.
func (l *light) at(x, y int) int32 {
	return int32(l.change[min(max(y, 0), l.h-1)*l.w+min(max(x, 0), l.w-1)])
}

// around is the mean change over the square around a cell, as far as it lies in the picture.
func (l *light) around(x, y int) int32 {
	x0, x1 := max(x-lightReach, 0), min(x+lightReach+1, l.w)
	y0, y1 := max(y-lightReach, 0), min(y+lightReach+1, l.h)
	top, bottom := l.sums[y0*(l.w+1):], l.sums[y1*(l.w+1):]
	return (bottom[x1] - bottom[x0] - top[x1] + top[x0]) / int32((x1-x0)*(y1-y0))
}

// forgive takes the light around each cell of light from what it differs by. It tells whether there was any.
func (l *light) forgive(m *model, label []uint8) bool {
	any := false
	for i, of := range label {
		if of != lit {
			continue
		}
		any = true
		rest := (int32(l.change[i]) - l.around(i%l.w, i/l.w)) * base(m, i) / (changeScale / grey)
		m.judge(i, rest)
		m.flags[i] |= inLight
	}
	return any
}
