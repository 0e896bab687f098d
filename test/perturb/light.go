package perturb

// light is how much brighter or darker each place of the picture becomes: a grid of factors with straight
// lines between.
type light struct {
	w, h int       // nodes
	at   []float32 // factors of coded values
	row  []int32   // factors along a row of pixels, x4096
}

const gridStep = 4 // pixels between nodes

// fit makes room for the pictures of p's size.
func (l *light) fit(p *Picture) {
	w, h := (p.W+gridStep-1)/gridStep+1, (p.H+gridStep-1)/gridStep+1
	if l.w != w || l.h != h {
		*l = light{w: w, h: h, at: make([]float32, w*h), row: make([]int32, (w-1)*gridStep+1)}
	}
}

// cast sets the factor at each node from the stops that the light changes by there, and applies it.
func (l *light) cast(p *Picture, stops func(x, y float64) float64) {
	l.fit(p)
	for j := range l.h {
		for i := range l.w {
			l.at[j*l.w+i] = gain32(stops(float64(i*gridStep), float64(j*gridStep)))
		}
	}
	l.apply(p)
}

// apply multiplies the picture by the factors.
func (l *light) apply(p *Picture) {
	w, _ := p.chroma()
	for y := range p.H {
		l.along(y)
		row := p.Y[y*p.W:][:p.W]
		for x, v := range row {
			row[x] = byteOf(int(int32(v)*l.row[x]+2048) >> 12)
		}
		if y%2 != 0 {
			continue
		}
		cb, cr := p.Cb[y/2*w:][:w], p.Cr[y/2*w:][:w]
		for x := range cb {
			k := l.row[2*x]
			cb[x] = byteOf(128 + int((int32(cb[x])-128)*k+2048)>>12)
			cr[x] = byteOf(128 + int((int32(cr[x])-128)*k+2048)>>12)
		}
	}
}

// along sets l.row to the factors of row y.
func (l *light) along(y int) {
	j, f := y/gridStep, float32(y%gridStep)/gridStep
	a, b := l.at[j*l.w:][:l.w], l.at[(j+1)*l.w:][:l.w]
	last := int32(0)
	for i := range a {
		k := int32((a[i] + (b[i]-a[i])*f) * 4096)
		if i > 0 {
			for n := range int32(gridStep) {
				l.row[(i-1)*gridStep+int(n)] = last + (k-last)*n/gridStep
			}
		}
		last = k
	}
	l.row[(l.w-1)*gridStep] = last
}

// gain32 is gain, near enough and fast.
func gain32(stops float64) float32 {
	// 2^x by its series around the nearest whole number.
	x := stops / gamma
	n := int(x+256.5) - 256
	f := (x - float64(n)) * 0.6931471805599453
	v := 1 + f*(1+f*(0.5+f*(1.0/6+f*(1.0/24+f/120))))
	for ; n > 0; n-- {
		v *= 2
	}
	for ; n < 0; n++ {
		v /= 2
	}
	return float32(v)
}
