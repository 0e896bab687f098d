package motion

import "time"

// Blinking: a cell that crosses half of its threshold again and again is a leaf, a lamp or water, and its threshold rises
// until it is silent. What passes once crosses it too, at its outline, and on a busy road all the time; therefore
// a crossing counts only after a while in which nothing that moves was found there.
const (
	blinkTime  = 20 * time.Second       // blinking is forgotten
	settleTime = 800 * time.Millisecond // a crossing counts so much later, on the average
	maxBlink   = 32 << blinkShift
	blinkStep  = 2 << blinkShift
	blinkShift = 6
	pardonEdge = 2 // cells about a thing that moves: its outline, its shadow
)

// settle counts a frame's crossings. It is told which cells belong to what certainly moves.
func (m *model) settle(i int, fade, ripen int32, crossing bool) {
	b, r := int32(m.blink[i]), int32(m.recent[i])
	if b|r == 0 && !crossing {
		return
	}
	ripe := (r*ripen + 4095) >> 12
	b += ripe - (b*fade+4095)>>12
	r -= ripe
	if crossing {
		r = min(r+blinkStep, maxBlink)
	}
	m.blink[i], m.recent[i] = int16(min(max(b, 0), maxBlink)), int16(r)
}

// pardon forgets the crossings of late within a box and about it, for something has passed there.
func (m *model) pardon(x0, y0, x1, y1 int) {
	x0, x1 = max(x0-pardonEdge, 0), min(x1+pardonEdge, m.w-1)
	y0, y1 = max(y0-pardonEdge, 0), min(y1+pardonEdge, m.h-1)
	for y := y0; y <= y1; y++ {
		clear(m.recent[y*m.w+x0 : y*m.w+x1+1])
	}
}
