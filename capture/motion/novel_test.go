package motion

import (
	"testing"
	"time"
)

// TestJoltConfirmsNothing: while the camera stands further off than it ever did, what seems to move may be the jolt. What was
// motion before stays so.
func TestJoltConfirmsNothing(t *testing.T) {
	moving := func(i int) region { return patch(10 + i) }
	for _, tt := range []struct {
		name             string
		novel, confirmed bool
	}{
		{"moving", false, true},
		{"moving in a jolt", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := tracker{novel: tt.novel}
			var last *track
			for i := range 12 {
				g := []region{moving(i)}
				k.follow(g, &frame{stamp(i, 10), time.Second / 10, 80, 60})
				last = &k.tracks[g[0].track]
			}
			if last.confirmed != tt.confirmed {
				t.Errorf("confirmed %v", last.confirmed)
			}
		})
	}
	var k tracker
	for i := range 20 {
		k.novel = i > 10
		g := []region{moving(i)}
		k.follow(g, &frame{stamp(i, 10), time.Second / 10, 80, 60})
		if i > 10 && !k.tracks[g[0].track].confirmed {
			t.Fatalf("frame %d: a jolt ended what was motion before", i)
		}
	}
}
