package motion

import (
	"testing"
	"time"
)

// patch is a region of 10x10 cells at x in a picture of 80x60.
func patch(x int) region {
	return region{x0: x, y0: 20, x1: x + 9, y1: 29, cells: 100, active: 50, kept: 90, sumX: 100*x + 450, sumY: 2450, edge: 900, was: 900, track: -1}
}

// follow shows one region a frame to a tracker, at 10 frames a second, and returns its track at the end.
func follow(t *testing.T, frames int, at func(i int) region) *track {
	t.Helper()
	var k tracker
	var last *track
	for i := range frames {
		g := []region{at(i)}
		k.follow(g, &frame{stamp(i, 10), time.Second / 10, 80, 60})
		if g[0].track < 0 {
			t.Fatalf("frame %d: no track", i)
		}
		last = &k.tracks[g[0].track]
	}
	return last
}

func TestTrackerConfirms(t *testing.T) {
	small := func(g region) region {
		g.cells, g.active, g.sumX, g.sumY = 20, 10, g.sumX/5, g.sumY/5
		return g
	}
	firm := func(g region) region {
		g.strong = g.cells
		return g
	}
	tests := []struct {
		name   string
		at     func(i int) region
		frames int // when it is confirmed, 0 for never
	}{
		{"large and changing", func(i int) region { return patch(30) }, 10},
		{"small and travelling", func(i int) region { return small(patch(30 + i)) }, 4},
		{"small, strong and moving", func(i int) region { return firm(small(patch(30 + i/2))) }, 5},
		{"strong, to and fro by a cell", func(i int) region { return firm(small(patch(30 + i%2))) }, 0},
		{"strong, growing and shrinking", func(i int) region {
			g := firm(small(patch(30)))
			g.x1 += i % 5
			return g
		}, 0},
		{"strong and too slow", func(i int) region { return firm(small(patch(30 + i/25))) }, 0},
		{"large, where leaves blink", func(i int) region {
			g := patch(30)
			g.strong, g.blink = 40, 100*blinkStep/8
			return g
		}, 0},
		{"large and strong, where leaves blink", func(i int) region {
			g := patch(30)
			g.strong, g.blink = 80, 100*blinkStep/8
			return g
		}, 10},
		{"small, in its place", func(i int) region { return small(patch(30)) }, 0},
		{"small, to and fro", func(i int) region { return small(patch(30 + i%3)) }, 0},
		{"too slow", func(i int) region { return small(patch(30 + i/15)) }, 0},
		{"standing", func(i int) region { g := patch(30); g.active = 2; return g }, 0},
		{"half of the picture at once", func(i int) region {
			g := patch(30)
			g.cells, g.active, g.sumX, g.sumY = 2400, 2000, 24*g.sumX, 24*g.sumY
			return g
		}, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 30, 60, 120} {
				k := follow(t, n, tt.at)
				if want := tt.frames > 0 && n >= tt.frames; k.confirmed != want {
					t.Fatalf("after %d frames: confirmed is %v", n, k.confirmed)
				}
			}
		})
	}
}

// TestTrackerInRain: where much of the picture flashes, a thing is known by the cells that it keeps.
func TestTrackerInRain(t *testing.T) {
	tests := []struct {
		name      string
		kept      func(i int) int // of 20 cells
		flashes   bool
		confirmed bool
	}{
		{"nowhere twice", func(int) int { return 3 }, true, false},
		{"nowhere twice, without rain", func(int) int { return 3 }, false, true},
		{"there in every other frame", func(i int) int { return 12 * (i % 2) }, true, false},
		{"there", func(int) int { return 15 }, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := tracker{flashes: tt.flashes}
			for i := range 30 {
				g := patch(30 + i)
				g.cells, g.strong, g.active, g.sumX, g.sumY, g.kept = 20, 20, 10, g.sumX/5, g.sumY/5, tt.kept(i)
				regions := []region{g}
				k.follow(regions, &frame{stamp(i, 10), time.Second / 10, 80, 60})
				if got := k.tracks[regions[0].track].confirmed; i == 29 && got != tt.confirmed {
					t.Errorf("confirmed is %v", got)
				}
			}
		})
	}
}

// Things side by side that come at once, digits of a clock, keep a track each: none has travelled from where the next one is.
func TestTrackerKeepsNeighboursApart(t *testing.T) {
	at := func(x0, x1 int) region {
		n := 2 * (x1 - x0 + 1)
		return region{
			x0: x0, y0: 1, x1: x1, y1: 2, cells: n, strong: n, active: n, kept: n,
			sumX: n * (x0 + x1) / 2, sumY: 3 * n / 2, edge: 100, was: 100, track: -1,
		}
	}
	var k tracker
	for i := range 4 {
		g := []region{at(17, 20), at(22, 24), at(26, 29)}
		k.follow(g, &frame{stamp(i, 10), time.Second / 10, 80, 60})
		for j := range g {
			if g[j].track != j || k.tracks[j].confirmed {
				t.Fatalf("frame %d: region %d has track %d, confirmed is %v", i, j, g[j].track, k.tracks[j].confirmed)
			}
		}
	}
}

func TestTrackerDatesBack(t *testing.T) {
	// It stays for eight seconds, then it goes: what it did at first is not part of the motion.
	k := follow(t, 86, func(i int) region {
		g := patch(30 + max(0, i-80))
		g.cells, g.active, g.sumX, g.sumY = 20, 10, g.sumX/5, g.sumY/5
		return g
	})
	if !k.confirmed {
		t.Fatal("not confirmed")
	}
	if back := stamp(85, 10).At.Sub(k.born.At); back > MaxBackdate || back < MaxBackdate/2 {
		t.Errorf("dated back by %v", back)
	}
}

// TestTrackerAbsorbs: how long may what does not change any more stand until the model takes it over?
func TestTrackerAbsorbs(t *testing.T) {
	tests := []struct {
		name      string
		confirmed bool
		edge, was int
		after     time.Duration
	}{
		{"unconfirmed", false, 900, 300, standTime},
		{"somebody who stands", true, 900, 300, restTime},
		{"perhaps a trace", true, 900, 900, traceTime},
		{"a ghost", true, 300, 900, time.Second / 10},
		{"an unconfirmed ghost", false, 300, 900, time.Second / 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			move := 1
			if tt.confirmed {
				move = 10
			}
			at := func(i int) region {
				g := patch(30 + min(i, move-1))
				g.edge, g.was = tt.edge, tt.was
				if i >= move {
					g.active = 2
				}
				return g
			}
			if k := follow(t, move, at); k.confirmed != tt.confirmed || k.absorb {
				t.Fatalf("at first: confirmed %v, absorb %v", k.confirmed, k.absorb)
			}
			n := move + int(tt.after*10/time.Second)
			if k := follow(t, n-1, at); k.absorb || k.confirmed != tt.confirmed {
				t.Errorf("absorbed before %v", tt.after)
			}
			if k := follow(t, n, at); !k.absorb || k.confirmed {
				t.Errorf("not absorbed after %v", tt.after)
			}
		})
	}
}

func TestTrackerFollowsPieces(t *testing.T) {
	var k tracker
	one := []region{patch(25)}
	for i := range 5 {
		one[0] = patch(26 + i)
		k.follow(one, &frame{stamp(i, 10), time.Second / 10, 80, 60})
	}
	if !k.tracks[one[0].track].confirmed {
		t.Fatal("not confirmed")
	}
	// It falls apart: each piece is known, and on its own from now on.
	a, b := patch(28), patch(33)
	b.y0, b.y1 = 26, 35
	two := []region{a, b}
	k.follow(two, &frame{stamp(5, 10), time.Second / 10, 80, 60})
	ta, tb := &k.tracks[two[0].track], &k.tracks[two[1].track]
	if ta == tb || !ta.confirmed || !tb.confirmed || ta.born.Seq != 0 || tb.born.Seq != 0 {
		t.Errorf("pieces %+v and %+v", ta, tb)
	}
	// Nothing is seen of them for longer than a confirmed track lives.
	for i := 6; i < 18; i++ {
		k.follow(nil, &frame{stamp(i, 10), time.Second / 10, 80, 60})
	}
	if ta.live || tb.live {
		t.Error("tracks live on without regions")
	}
}

// TestTrackerLetsCrumbsGo: a small piece that stays behind is taken over soon, though what it was part of may stand for long.
func TestTrackerLetsCrumbsGo(t *testing.T) {
	var k tracker
	step := func(i int, regions ...region) []region {
		k.follow(regions, &frame{stamp(i, 10), time.Second / 10, 80, 60})
		return regions
	}
	for i := range 10 {
		step(i, patch(20+i))
	}
	for i := 10; i < 22; i++ {
		body, crumb := patch(30), patch(40)
		crumb.cells, crumb.x1, crumb.active, crumb.sumX, crumb.sumY = 6, 42, 0, 41*6, 25*6
		body.edge, body.was, crumb.edge, crumb.was = 900, 300, 900, 300
		if i > 11 {
			body.active = 0
		}
		got := step(i, body, crumb)
		if b := k.tracks[got[0].track]; !b.confirmed {
			t.Fatalf("frame %d: the body is lost", i)
		}
		if c := k.tracks[got[1].track]; c.absorb {
			if i < 14 || i > 16 {
				t.Errorf("the crumb is taken over in frame %d", i)
			}
			return
		}
	}
	t.Error("the crumb stays")
}
