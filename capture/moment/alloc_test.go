package moment

import (
	"context"
	"runtime"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/mjpeg/mjpegtest"
)

// endless shows the frames of a film over and over, with the camera's clock and count going on. H.264 comes in
// whole rounds, so that a key frame follows the last unit.
type endless struct {
	frames []capture.Frame
	period time.Duration // of a round
	n      int
}

func (c *endless) next(f *capture.Frame) {
	round, i := c.n/len(c.frames), c.n%len(c.frames)
	src := &c.frames[i]
	data := append(f.Data[:0], src.Data...)
	*f = *src
	f.Data = data
	f.Seq += uint64(round) * (c.frames[len(c.frames)-1].Seq + 1)
	f.Mono = f.Mono.Add(time.Duration(round) * c.period)
	c.n++
}

// raws makes a film of raw frames.
func raws(format capture.Format, w, h, n int, walk span) []capture.Frame {
	c := &rawCamera{format: format, w: w, h: h, frames: n, walk: walk}
	frames := make([]capture.Frame, n)
	for i := range frames {
		c.Next(context.Background(), &frames[i])
	}
	return frames
}

// kinds are the cameras whose cost is watched, by what they send; walk says whether somebody is there all the time.
func kinds(t *testing.T, walk bool) map[string][]capture.Frame {
	const n = 30
	to := -1
	if walk {
		to = n
	}
	film := shoot(t, n, span{0, to})
	both := withH264(shoot(t, n, span{0, to}), encodeH264(t, n, 10, "128x96"))
	once := withH264(shoot(t, n, span{0, to}), encodeH264(t, n, 10, "128x96"))
	for i := range once.frames {
		if f := &once.frames[i]; f.Format == capture.H264 && i > 1 {
			f.Data = edit(f.Data, []byte{0, 0, 1}, noSets)
		}
	}
	bare := shoot(t, n, span{0, to})
	for i := range bare.frames {
		bare.frames[i].Data = mjpegtest.WithoutTables(t, bare.frames[i].Data)
	}
	m := map[string][]capture.Frame{
		"MJPG": film.frames, "MJPG without tables": bare.frames,
		"MJPG and H264": both.frames, "MJPG and H264, sets once": once.frames,
	}
	for _, format := range []capture.Format{capture.YUYV, capture.NV12, capture.GREY} {
		m[string(format)] = raws(format, filmW, filmH, n, span{0, to})
	}
	return m
}

// TestNoAllocationPerFrame: whatever a camera sends, an idle frame costs no allocation, and an event costs some for
// each part of its clip and none for each frame.
func TestNoAllocationPerFrame(t *testing.T) {
	for _, walk := range []bool{false, true} {
		for name, frames := range kinds(t, walk) {
			s := DefaultSettings()
			s.MaxLength = time.Hour
			s.ClipFPS = 60
			r := begin(t, Config{Settings: &s}, nowhere{})
			c := &endless{frames: frames, period: 3 * time.Second}
			var f capture.Frame
			for range 6 * len(frames) { // 18 s: rings and buffers have their size
				c.next(&f)
				r.take(&f)
			}
			if got := r.segmenter.Phase() != Idle; got != walk {
				t.Errorf("%s: phase %v, somebody there: %v", name, r.segmenter.Phase(), walk)
				continue
			}
			before := r.Stats()
			var m0, m1 runtime.MemStats
			runtime.ReadMemStats(&m0)
			for range 4 * len(frames) {
				c.next(&f)
				r.take(&f)
			}
			runtime.ReadMemStats(&m1)
			st := r.Stats()
			parts, taken := st.Parts-before.Parts, st.Frames-before.Frames
			allocations := m1.Mallocs - m0.Mallocs
			t.Logf("%s, somebody there %v: %d allocations of %d bytes in %d frames and %d parts",
				name, walk, allocations, m1.TotalAlloc-m0.TotalAlloc, taken, parts)
			if bad := st.Torn + st.Unsupported + st.Undecodable + st.Unkept + st.Unclipped; bad > 0 || walk && parts < 3 {
				t.Errorf("%s: stats %+v", name, st)
			}
			const each = 10                  // for a part, however many frames are in it; 3 for MJPEG, 8 for H.264 (November 2026)
			if allocations > each*parts+20 { // the runtime makes some of its own, one a frame would be 120
				t.Errorf("%s, somebody there %v: %d allocations in %d frames and %d parts", name, walk, allocations, taken, parts)
			}
		}
	}
}
