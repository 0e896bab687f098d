package motion

// fill gives region i the holes that it has: cells of no region with cells of it to the left, to the right, above and
// below. A windscreen has the colour of the road behind it, and a shirt that of the wall.
func (f *finder) fill(i int) {
	g, l := &f.regions[i], uint8(i+1)
	top, bottom := f.top[g.x0:g.x1+1], f.bottom[g.x0:g.x1+1]
	for x := range top {
		top[x] = -1
	}
	for y := g.y0; y <= g.y1; y++ {
		for x, c := range f.label[y*f.w+g.x0 : y*f.w+g.x1+1] {
			if c == l {
				if top[x] < 0 {
					top[x] = int32(y)
				}
				bottom[x] = int32(y)
			}
		}
	}
	for y := g.y0 + 1; y < g.y1; y++ {
		row := f.label[y*f.w+g.x0 : y*f.w+g.x1+1]
		first, last := 0, len(row)-1
		for first < last && row[first] != l {
			first++
		}
		for last > first && row[last] != l {
			last--
		}
		for x := first; x < last; x++ {
			if row[x] == 0 && int(top[x]) < y && y < int(bottom[x]) && !f.watch.hides(y*f.w+g.x0+x) {
				row[x] = l
			}
		}
	}
}
