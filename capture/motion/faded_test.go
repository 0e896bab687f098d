package motion

import (
	"math/rand/v2"
	"testing"
)

// A picture is faded without contrast, at any brightness, and not in less light.
func TestFaded(t *testing.T) {
	const n = 80 * 60
	var m model
	m.resize(80, 60)
	scene, pix := make([]int16, n), make([]int16, n)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range scene {
		scene[i] = int16(rnd.IntN(160*grey) - 80*grey)
	}
	look := func(scene []int16) {
		for i, v := range scene {
			m.mean[i] = int32(v) << 8
		}
	}
	look(scene)
	for _, tt := range []struct {
		percent, add int
		want         bool
	}{
		{100, 0, false},
		{100, 60 * grey, false},
		{50, -40 * grey, false}, // half the exposure
		{30, -90 * grey, false}, // dusk, all of a sudden
		{10, -100 * grey, true}, // the lamp is out
		{0, 0, true},            // a hand
		{0, 127 * grey, true},   // a glaring light
	} {
		for i, v := range scene {
			pix[i] = int16(int(v)*tt.percent/100 + tt.add + rnd.IntN(2*grey))
		}
		if got := m.faded(pix); got != tt.want {
			t.Errorf("%d%% of the contrast, brighter by %d: faded is %v", tt.percent, tt.add/grey, got)
		}
	}
	look(pix) // what showed nothing does not fade
	if m.faded(make([]int16, n)) {
		t.Error("a model of nothing is faded")
	}
}
