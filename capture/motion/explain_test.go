package motion

import "testing"

// TestExplain: what is exported agrees with the result, and with itself.
func TestExplain(t *testing.T) {
	d := newDetector(t, Config{Zones: []Zone{rect("far", true, 60, 0, 80, 60)}})
	var e Explanation
	d.Explain(&e) // before the first frame
	if e.W != 0 || len(e.Mean) != 0 {
		t.Fatalf("something of nothing: %+v", e)
	}
	confirmed, pending := 0, 0
	walk(t, d, func(i, x int, r *Result) {
		d.Explain(&e)
		if e.Stamp != r.Stamp || e.Learning != r.Learning || e.W != 80 || len(e.Stages) != 80*60 {
			t.Fatalf("frame %d: %v, learning %v, %d cells wide", i, e.Stamp, e.Learning, e.W)
		}
		if m, want := int(e.Mean[2*80+70]), int(wall(70, 2)); m < want-3 || m > want+3 {
			t.Fatalf("frame %d: the wall is %d, not %d", i, m, want)
		}
		if e.Learning {
			return
		}
		for c, s := range e.Stages {
			above := int32(e.Threshold[c]) < abs(int32(e.Diff[c]))
			switch {
			case above != (s&Differs != 0),
				s&Strong != 0 && s&Differs == 0,
				s&Confirmed != 0 && s&Found == 0, s&Found != 0 && s&Voted == 0,
				(s&Unwatched != 0) != (c%80 >= 60), s&Unwatched != 0 && s&Found != 0,
				(s&Confirmed != 0) != (r.Cells[c] != 0):
				t.Fatalf("frame %d, cell %d,%d: stage %08b, difference %d of %d", i, c%80, c/80, s, e.Diff[c], e.Threshold[c])
			}
		}
		n := 0
		for _, o := range e.Outlines {
			if o.Confirmed {
				n++
				confirmed++
			} else {
				pending++
			}
		}
		if n != len(r.Regions) {
			t.Fatalf("frame %d: %d confirmed outlines, %d regions", i, n, len(r.Regions))
		}
	})
	if confirmed == 0 || pending == 0 {
		t.Errorf("%d confirmed outlines, %d that were not", confirmed, pending)
	}
	if n := testing.AllocsPerRun(20, func() { d.Explain(&e) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
