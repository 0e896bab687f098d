package scene

import "math"

// outfit is what the person wears, and how the person looks.
type outfit struct{ shirt, trousers, shoes, skin, hair rgb }

var wardrobe = [...]outfit{
	{rgb{150, 44, 46}, rgb{48, 54, 78}, rgb{44, 36, 32}, rgb{222, 176, 146}, rgb{70, 46, 30}},
	{rgb{40, 66, 120}, rgb{86, 76, 62}, rgb{60, 44, 34}, rgb{150, 104, 78}, rgb{28, 22, 20}},
	{rgb{72, 96, 62}, rgb{40, 40, 44}, rgb{88, 62, 42}, rgb{236, 196, 168}, rgb{170, 128, 72}},
	{rgb{196, 142, 46}, rgb{62, 70, 84}, rgb{36, 34, 36}, rgb{196, 146, 112}, rgb{44, 34, 30}},
}

// leg angles of a walking person, in radians against the vertical, forward positive.
func leg(phase float64) (thigh, shin float64) {
	thigh = 0.06 + 0.44*math.Sin(phase)
	bend := 0.10 + 0.85*math.Pow(math.Max(0, math.Cos(phase+0.25)), 2) // most when the leg swings through
	return thigh, thigh - bend
}

// arm angles; the elbow only bends forward.
func arm(phase float64) (upper, lower float64) {
	upper = 0.42 * math.Sin(phase+math.Pi)
	return upper, upper + 0.35 + 0.2*math.Max(0, math.Sin(phase+math.Pi))
}

// draw draws the person of frame i, walking.
func (w *Walk) draw(c canvas, i uint64) {
	var (
		h     = w.height()
		x     = w.x(i)
		out   = &wardrobe[w.clothes]
		ahead = float32(1) // which way is forward
		way   = float64(w.speed) * float64(i-w.From) / w.fps
		phase = 2 * math.Pi * way / float64(0.80*h) // one cycle is two steps
	)
	if !w.right {
		ahead = -1
	}
	from := func(p point, angle float64, length float32) point {
		sin, cos := math.Sincos(angle)
		return point{p.x + ahead*length*float32(sin), p.y + length*float32(cos)}
	}

	// The legs, measured from the hip; the lower foot stands on the ground.
	type legs struct{ knee, ankle, toe point }
	pose := func(hip point, phase float64) legs {
		thigh, shin := leg(phase)
		var l legs
		l.knee = from(hip, thigh, 0.245*h)
		l.ankle = from(l.knee, shin, 0.235*h)
		l.toe = from(l.ankle, math.Pi/2-0.35*math.Max(0, -shin), 0.085*h)
		return l
	}
	probe := pose(point{}, phase)
	other := pose(point{}, phase+math.Pi)
	lowest := max(probe.ankle.y, other.ankle.y, probe.toe.y, other.toe.y)
	hip := point{x, w.foot - 0.02*h - lowest}
	near, far := pose(hip, phase), pose(hip, phase+math.Pi)
	shoulder := point{hip.x + ahead*0.015*h, hip.y - 0.30*h}
	neck := point{shoulder.x + ahead*0.005*h, shoulder.y - 0.035*h}
	head := point{neck.x + ahead*0.012*h, neck.y - 0.075*h}

	c.shade(oval{point{x + 0.10*h, w.foot - 0.005*h}, 0.36 * h, 0.055 * h, 1}, 0.55)
	for _, l := range []legs{near, far} { // where a foot is near the ground
		closeness := clamp(1-(w.foot-l.toe.y)/(0.12*h), 0, 1)
		c.shade(oval{point{(l.ankle.x + l.toe.x) / 2, w.foot}, 0.09 * h, 0.022 * h, 0.8}, 0.6*closeness)
	}

	drawLeg := func(l legs, light float32) {
		c.fill(limb{hip, l.knee, 0.058 * h, 0.040 * h}, flat(out.trousers.times(light)))
		c.fill(limb{l.knee, l.ankle, 0.040 * h, 0.026 * h}, flat(out.trousers.times(light)))
		c.fill(limb{l.ankle, l.toe, 0.024 * h, 0.016 * h}, flat(out.shoes.times(light)))
	}
	drawArm := func(phase float64, light float32) {
		upper, lower := arm(phase)
		elbow := from(shoulder, upper, 0.165*h)
		wrist := from(elbow, lower, 0.145*h)
		hand := from(wrist, lower, 0.03*h)
		c.fill(limb{wrist, hand, 0.020 * h, 0.018 * h}, flat(out.skin.times(light)))
		c.fill(limb{shoulder, elbow, 0.036 * h, 0.029 * h}, flat(out.shirt.times(light)))
		c.fill(limb{elbow, wrist, 0.029 * h, 0.022 * h}, flat(out.shirt.times(light)))
	}

	drawArm(phase+math.Pi, 0.72)
	drawLeg(far, 0.72)
	drawLeg(near, 1)
	c.fill(limb{shoulder, hip, 0.068 * h, 0.060 * h}, func(p point) rgb { // lit from the window, at the left
		return out.shirt.times(1.08 - 2.2*(p.x-hip.x)/h)
	})
	c.fill(limb{neck, head, 0.026 * h, 0.026 * h}, flat(out.skin.times(0.85)))
	c.fill(oval{head, 0.052 * h, 0.066 * h, 0}, func(p point) rgb {
		return out.skin.times(1.04 - 2*(p.x-head.x)/h)
	})
	c.fill(limb{
		point{head.x + ahead*0.05*h, head.y + 0.004*h},
		point{head.x + ahead*0.056*h, head.y + 0.012*h},
		0.009 * h, 0.011 * h,
	}, flat(out.skin)) // the nose
	c.fill(oval{point{head.x - ahead*0.012*h, head.y - 0.040*h}, 0.050 * h, 0.033 * h, 0}, flat(out.hair))
	c.fill(limb{
		point{head.x - ahead*0.036*h, head.y - 0.030*h},
		point{head.x - ahead*0.040*h, head.y + 0.030*h},
		0.026 * h, 0.014 * h,
	}, flat(out.hair))
	drawArm(phase, 1.1)
}
