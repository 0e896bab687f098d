package moment

import (
	"bytes"
	"context"
	"runtime"
	"testing"

	"signet/capture"
)

// change runs a film through a pipeline whose settings change before some of its frames.
func change(t *testing.T, c *film, changes map[int]func(*Settings)) (*diary, *Pipeline) {
	t.Helper()
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	before := c.before
	c.before = func(i int) {
		if before != nil {
			before(i)
		}
		if f := changes[i]; f != nil {
			s := p.Settings()
			f(&s)
			if err := p.Set(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	d := &diary{t: t}
	if err := p.Run(context.Background(), c, d); err != nil {
		t.Fatal(err)
	}
	return d, p
}

func pause(s *Settings)  { s.Paused = true }
func resume(s *Settings) { s.Paused = false }

// A pause ends what runs, with its clip; nothing begins in it, whoever walks by; live viewers see every frame; and afterwards
// events are counted on.
func TestPause(t *testing.T) {
	d, p := change(t, shoot(t, 500, span{80, 129}, span{150, 199}, span{350, 389}), map[int]func(*Settings){110: pause, 220: resume})
	if d.frames != 500 || p.Stats().Frames != 500 {
		t.Errorf("%d frames were shown, %d counted", d.frames, p.Stats().Frames)
	}
	if len(d.stories) != 2 {
		t.Fatalf("%d events", len(d.stories))
	}
	first, second := d.stories[0], d.stories[1]
	if !first.over || first.endedAt != 109 || len(first.parts) == 0 || first.last.JPEG == nil || first.ended.EndFrame != 109 {
		t.Errorf("the event that was paused ended at frame %d, with %d parts: %+v", first.endedAt, len(first.parts), first.ended)
	}
	if e := second.ended; e.N != 2 || e.StartFrame < 350 || e.StartFrame > 353 {
		t.Errorf("the event after the pause: %+v", e)
	}
}

// What was before the camera in a pause is in no clip: the pre-roll begins with its end.
func TestPauseIsNotInThePreRoll(t *testing.T) {
	d, _ := change(t, shoot(t, 300, span{205, 259}), map[int]func(*Settings){50: pause, 180: resume})
	if len(d.stories) != 1 {
		t.Fatalf("%d events", len(d.stories))
	}
	s := d.stories[0]
	if from := s.parts[0].Start; from < s.ended.offset(frameTime(180)) {
		t.Errorf("the clip begins at %v, within the pause", from)
	}
}

// A pipeline that is paused holds no memory.
func TestPauseGivesMemoryBack(t *testing.T) {
	var full, paused uint64
	c := shoot(t, 200)
	for i := range c.frames { // of a size that a ring grows with
		c.frames[i].Data = append(append([]byte(nil), c.frames[i].Data...), make([]byte, 60_000)...)
	}
	before := heap()
	c.before = func(i int) {
		switch i {
		case 100:
			full = heap() - before
		case 150:
			paused = heap() - before
		}
	}
	_, p := change(t, c, map[int]func(*Settings){110: pause})
	if full < 2<<20 || paused > 200<<10 {
		t.Errorf("%d bytes at work, %d in the pause", full, paused)
	}
	runtime.KeepAlive(p)
}

// Without clips events have thumbnails only; a clip that is being made ends, and so does the pre-roll.
func TestNoClips(t *testing.T) {
	d, p := change(t, shoot(t, 500, span{80, 139}, span{200, 239}, span{350, 389}), map[int]func(*Settings){
		120: func(s *Settings) { s.NoClips = true },
		300: func(s *Settings) { s.NoClips = false },
	})
	if len(d.stories) != 3 {
		t.Fatalf("%d events", len(d.stories))
	}
	first, second, third := d.stories[0], d.stories[1], d.stories[2]
	if n := len(first.parts); n == 0 || first.parts[n-1].End > first.ended.offset(frameTime(121)) {
		t.Errorf("the first event has %d parts, the last until %v", n, first.parts[n-1].End)
	}
	if first.ended.EndFrame < 137 || first.last.JPEG == nil {
		t.Errorf("the first event: %+v", first.ended)
	}
	if len(second.parts) != 0 || second.first.JPEG == nil || second.last.JPEG == nil {
		t.Errorf("the second event has %d parts", len(second.parts))
	}
	if len(third.parts) == 0 || third.parts[0].Start < third.ended.offset(frameTime(300)) {
		t.Errorf("the third event has %d parts", len(third.parts))
	}
	if st := p.Stats(); st.Unclipped+st.Unkept != 0 {
		t.Errorf("stats %+v", st)
	}
}

// A stream of H.264 that sends its parameters once is watched in a pause, and recorded after it.
func TestPausedH264(t *testing.T) {
	units := encodeH264(t, 400, 15, "128x96")
	for i := range units[1:] {
		units[i+1] = edit(units[i+1], []byte{0, 0, 1}, noSets)
	}
	var seen []byte
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := withH264(shoot(t, 400, span{288, 319}), units)
	c.before = func(i int) { // in the middle of groups, of two frames each
		s := p.Settings()
		s.Paused = i >= 2*53 && i < 2*171
		if err := p.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	d := &diary{t: t}
	sink := &tap{diary: d, frame: func(f *capture.Frame) {
		if f.Format == capture.H264 && p.Settings().Paused {
			seen = append(seen, f.Data...)
		}
	}}
	if err := p.Run(context.Background(), c, sink); err != nil {
		t.Fatal(err)
	}
	checkStream(t, seen[bytes.Index(seen, []byte{0, 0, 0, 1, 0x67}):], 171-60) // from the first key frame on
	if len(d.stories) != 1 {
		t.Fatalf("%d events", len(d.stories))
	}
	parts, frames := clipOf(d.stories[0])
	checkPlays(t, parts, "h264", frames, 0)
}
