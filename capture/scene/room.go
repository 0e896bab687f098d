package scene

import "math"

// The room, seen from its middle: a point at depth z is drawn towards the vanishing point. The back wall is
// 540 pixels wide for about six metres.
const (
	horizon           = 150 // y of the vanishing point
	centre            = 320 // and its x
	wallLeft          = 55
	wallRight         = 595
	wallTop, wallFoot = 66, 300 // the back wall's upper and lower edge
)

// outwards returns where the line from the vanishing point through p leaves the picture's side at x.
func outwards(p point, x float32) point {
	return point{x, horizon + (p.y-horizon)*(x-centre)/(p.x-centre)}
}

func drawRoom(c canvas) {
	drawWalls(c)
	drawFloor(c)
	drawWindow(c)
	drawShelf(c)
	drawSofa(c)
	drawPlant(c)
	drawLamp(c)
}

func drawWalls(c canvas) {
	wall := rgb{205, 196, 180}
	c.fill(rect(0, 0, Width, Height), flat(rgb{222, 218, 208})) // the ceiling, to begin with
	lt, lb := point{wallLeft, wallTop}, point{wallLeft, wallFoot}
	rt, rb := point{wallRight, wallTop}, point{wallRight, wallFoot}
	c.fill(poly{outwards(lt, -20), lt, lb, outwards(lb, -20)}, flat(wall.times(0.80)))
	c.fill(poly{rt, outwards(rt, 660), outwards(rb, 660), rb}, flat(wall.times(0.90)))
	// The back wall, lit by the window at the left and the lamp at the right.
	c.fill(poly{lt, rt, rb, lb}, func(p point) rgb {
		fall := hypot((p.x-150)/620, (p.y-150)/420)
		glow := max(0, 1-hypot((p.x-566)/150, (p.y-150)/130))
		return wall.times(1.06-0.22*fall).mix(rgb{255, 226, 165}, 0.55*glow*glow)
	})
	white := rgb{232, 229, 222}
	c.fill(rect(wallLeft, wallTop, wallRight, wallTop+6), flat(white))
	c.fill(rect(wallLeft, wallFoot-10, wallRight, wallFoot), flat(white))
	c.fill(rect(wallLeft, wallFoot-11, wallRight, wallFoot-10), flat(white.times(0.8)))
}

func drawFloor(c canvas) {
	lb, rb := point{wallLeft, wallFoot}, point{wallRight, wallFoot}
	l, r := outwards(lb, -20), outwards(rb, 660)
	c.fill(poly{lb, rb, r, {660, Height + 4}, {-20, Height + 4}, l}, planks)
	for _, s := range []struct { // where furniture keeps the light away
		o oval
		a float32
	}{
		{oval{point{460, 338}, 150, 20, 0.6}, 0.45},
		{oval{point{268, 304}, 70, 9, 0.7}, 0.35},
		{oval{point{98, 338}, 36, 9, 0.6}, 0.4},
		{oval{point{575, 318}, 26, 6, 0.6}, 0.35},
	} {
		c.shade(s.o, s.a)
	}
	// Sun through the window.
	sun := flat(rgb{255, 238, 200})
	c.blend(poly{{120, 330}, {176, 330}, {236, 395}, {150, 395}}, sun, 0.26)
	c.blend(poly{{182, 330}, {236, 330}, {328, 395}, {246, 395}}, sun, 0.26)
	// A rug.
	c.fill(oval{point{345, 408}, 190, 42, 0}, func(p point) rgb {
		d := hypot((p.x-345)/190, (p.y-408)/42)
		switch {
		case d > 0.93:
			return rgb{196, 184, 160}
		case d > 0.80:
			return rgb{112, 62, 58}
		case d > 0.76:
			return rgb{196, 184, 160}
		}
		return rgb{130, 78, 70}.times(0.97 + 0.05*float32(math.Sin(float64(p.x)*0.9)))
	})
}

// planks run away from the camera; each has its own shade and grain.
func planks(p point) rgb {
	depth := p.y - horizon
	across := (p.x - centre) / depth * 4.4 // in planks
	n := float32(math.Floor(float64(across)))
	along := 3000 / depth
	joint := float32(math.Floor(float64(along*0.35 + hash(n)*7)))
	shade := 0.88 + 0.16*hash(n*13+joint*7)
	grain := 0.02 * float32(math.Sin(float64(across*31+hash(n)*9)+3*math.Sin(float64(along*0.9))))
	color := rgb{168, 124, 84}.times((shade + grain) * (0.80 + 0.28*depth/330))
	edge := min(across-n, n+1-across) * depth / 4.4 // pixels to the plank's edge
	return color.times(0.72 + 0.28*clamp(edge/1.2, 0, 1))
}

func drawWindow(c canvas) {
	frame := rgb{240, 238, 232}
	c.fill(rect(92, 92, 236, 226), flat(frame.times(0.82)))
	c.fill(rect(94, 92, 234, 222), flat(frame))
	c.fill(rect(101, 99, 227, 215), func(p point) rgb { // the view
		hill := 178 - 12*float32(math.Sin(float64(p.x)/34)) - 5*float32(math.Sin(float64(p.x)/11))
		if p.y > hill {
			return rgb{104, 142, 92}.times(1.05 - 0.2*(p.y-hill)/40)
		}
		return rgb{150, 190, 232}.mix(rgb{232, 240, 246}, (p.y-99)/90)
	})
	c.blend(oval{point{140, 128}, 26, 8, 0.5}, flat(rgb{250, 250, 250}), 0.9)
	c.blend(oval{point{192, 142}, 22, 6, 0.5}, flat(rgb{250, 250, 250}), 0.8)
	c.fill(rect(161, 99, 167, 215), flat(frame))
	c.fill(rect(101, 142, 227, 146), flat(frame))
	c.fill(rect(86, 220, 242, 229), flat(frame.times(0.95)))
	c.shade(rect(88, 229, 240, 233), 0.25)
	for _, x := range []float32{68, 222} { // curtains
		c.fill(poly{{x, 84}, {x + 36, 84}, {x + 38, 286}, {x - 2, 286}}, func(p point) rgb {
			fold := 0.90 + 0.11*float32(math.Sin(float64(p.x-x)*0.72+float64(p.y)*0.004))
			return rgb{172, 178, 168}.times(fold)
		})
	}
	c.fill(limb{point{62, 83}, point{266, 83}, 2, 2}, flat(rgb{92, 76, 60}))
}

// drawShelf draws a low cupboard with a picture above it.
func drawShelf(c canvas) {
	wood := rgb{140, 98, 62}
	c.fill(rect(284, 236, 366, 241), flat(wood.times(1.12)))
	c.fill(rect(287, 241, 363, 296), func(p point) rgb { return wood.times(0.96 - 0.002*(p.y-241)) })
	c.fill(rect(324, 243, 326, 294), flat(wood.times(0.6)))
	for _, x := range []float32{320, 330} {
		c.fill(oval{point{x, 267}, 1.8, 1.8, 0}, flat(rgb{216, 200, 160}))
	}
	c.fill(rect(289, 296, 294, 304), flat(wood.times(0.5)))
	c.fill(rect(356, 296, 361, 304), flat(wood.times(0.5)))
	for i, h := range []float32{24, 29, 22, 27, 25} { // books
		x := 294 + 7*float32(i)
		books := []rgb{{150, 60, 50}, {60, 84, 110}, {196, 168, 96}, {72, 100, 80}, {120, 96, 120}}
		c.fill(rect(x, 236-h, x+6, 236), flat(books[i]))
	}
	c.fill(limb{point{350, 218}, point{350, 230}, 5, 8}, flat(rgb{96, 132, 140})) // a vase
	c.shade(rect(300, 113, 357, 181), 0.25)
	c.fill(rect(297, 110, 353, 178), flat(rgb{58, 48, 42}))
	c.fill(rect(301, 114, 349, 174), func(p point) rgb {
		wave := 146 + 9*float32(math.Sin(float64(p.x)/9))
		if p.y > wave {
			return rgb{70, 104, 120}.mix(rgb{40, 66, 84}, (p.y-wave)/30)
		}
		return rgb{236, 206, 160}.mix(rgb{214, 132, 96}, (p.y-114)/36)
	})
	c.fill(oval{point{330, 132}, 6, 6, 0}, flat(rgb{250, 232, 190}))
}

func drawSofa(c canvas) {
	cloth := rgb{86, 108, 116}
	c.fill(limb{point{392, 262}, point{528, 262}, 26, 26}, func(p point) rgb { // the back
		return cloth.times(1.02 - 0.004*(p.y-236))
	})
	c.fill(rect(368, 262, 552, 322), flat(cloth.times(0.72)))
	for _, x := range []float32{386, 461} { // cushions
		c.fill(limb{point{x + 8, 262}, point{x + 66, 262}, 17, 17}, flat(cloth.times(1.10)))
		c.fill(limb{point{x + 6, 295}, point{x + 68, 295}, 10, 10}, func(p point) rgb {
			return cloth.times(1.22 - 0.02*(p.y-286))
		})
	}
	c.fill(rect(386, 304, 535, 324), flat(cloth.times(0.86)))
	for _, x := range []float32{378, 542} { // arms
		c.fill(limb{point{x, 280}, point{x, 318}, 14, 14}, func(p point) rgb {
			return cloth.times(1.08 - 0.006*(p.y-270) - 0.004*(p.x-x))
		})
		c.fill(rect(x-4, 326, x+4, 338), flat(rgb{70, 52, 40}))
	}
	c.fill(poly{{404, 246}, {432, 240}, {440, 270}, {410, 276}}, flat(rgb{204, 158, 84})) // a pillow
	c.shade(poly{{410, 272}, {440, 266}, {441, 270}, {411, 277}}, 0.3)
}

func drawPlant(c canvas) {
	c.fill(poly{{80, 300}, {116, 300}, {110, 338}, {86, 338}}, func(p point) rgb {
		return rgb{182, 104, 74}.times(1.1 - 0.010*(p.x-80))
	})
	c.fill(oval{point{98, 300}, 18, 4, 0}, flat(rgb{66, 48, 38}))
	for i, tip := range []point{{58, 246}, {72, 222}, {96, 210}, {120, 226}, {136, 250}, {64, 274}, {130, 276}} {
		green := rgb{66, 112, 62}.times(0.85 + 0.4*hash(float32(i)))
		mid := point{(98+tip.x)/2 + (tip.y-250)*0.06, (300 + tip.y) / 2}
		c.fill(limb{point{98, 300}, mid, 2, 6}, flat(green.times(0.9)))
		c.fill(limb{mid, tip, 6, 1}, flat(green))
	}
}

func drawLamp(c canvas) {
	c.blend(oval{point{575, 150}, 90, 100, 1}, flat(rgb{255, 232, 176}), 0.35)
	c.fill(rect(573, 170, 577, 316), flat(rgb{70, 64, 58}))
	c.fill(oval{point{575, 317}, 17, 4, 0}, flat(rgb{58, 52, 48}))
	c.fill(poly{{560, 128}, {590, 128}, {602, 172}, {548, 172}}, func(p point) rgb {
		return rgb{250, 224, 164}.mix(rgb{255, 248, 222}, max(0, 1-hypot((p.x-575)/26, (p.y-156)/24)))
	})
}

// hash is a fixed random number from 0 to 1 for n.
func hash(n float32) float32 {
	s := math.Sin(float64(n)*127.1+311.7) * 43758.5453
	return float32(s - math.Floor(s))
}
