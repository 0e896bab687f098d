package moment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/fmp4"
	"signet/capture/motion"
)

func TestOneWalkIsOneEvent(t *testing.T) {
	const from, to = 80, 119
	observed := map[uint64]bool{}
	d, p := develop(t, shoot(t, 200, span{from, to}), Config{
		Observe: func(f *capture.Frame, r *motion.Result) {
			if r.Seq != f.Seq || len(r.Cells) != filmW/8*filmH/8 {
				t.Fatalf("observed frame %d, %d cells, with frame %d", r.Seq, len(r.Cells), f.Seq)
			}
			observed[r.Seq] = true
		},
	})
	if looked := p.Stats().Looked; d.frames != 200 || len(observed) != int(looked) || looked == 200 {
		t.Errorf("%d frames tapped, %d observed, %d looked at", d.frames, len(observed), looked)
	}
	if len(d.stories) != 1 {
		t.Fatalf("%d events", len(d.stories))
	}
	s := d.stories[0]
	e := s.ended
	if e.N != 1 || e.StartFrame < from || e.StartFrame > from+2 || e.EndFrame < to-2 || e.EndFrame > to+3 {
		t.Errorf("event %d: frames %d-%d, walked %d-%d", e.N, e.StartFrame, e.EndFrame, from, to)
	}
	for i := e.StartFrame; i <= e.EndFrame; i++ {
		if !observed[i] {
			t.Errorf("frame %d of the event was not looked at", i)
		}
	}
	if e.Start != frameTime(int(e.StartFrame)) || e.End != frameTime(int(e.EndFrame)) {
		t.Errorf("event from %v to %v does not agree with its frames", e.Start, e.End)
	}
	if want := e.StartFrame + filmFPS/2; s.startedAt != want {
		t.Errorf("started at frame %d, want %d", s.startedAt, want)
	}
	if want := e.EndFrame + 2*filmFPS; s.endedAt != want {
		t.Errorf("ended at frame %d, want %d", s.endedAt, want)
	}
	if st := p.Stats(); st.Events != 1 || st.Frames != 200 || int(st.Parts) != len(s.parts) || st.Torn+st.Lost+st.Unclipped != 0 {
		t.Errorf("stats %+v", st)
	}

	if s.facts.Reason != ReasonMotion || s.facts.Score <= 0 || s.facts.Score > 1 {
		t.Errorf("facts %+v", s.facts)
	}
	for i, b := range s.facts.Boxes {
		x := -16 + filmStep*int(b.At*filmFPS/time.Second) + filmStep*int(e.StartFrame-from)
		left, right := b.X*filmW/10000, (b.X+b.W)*filmW/10000
		if left > max(x, 0)+24 || right < x+8*walkers-24 || b.Y*filmH/10000 > 100 || (b.Y+b.H)*filmH/10000 < 180 {
			t.Errorf("box %d %+v: %d-%d, walker at %d", i, b, left, right, x)
		}
	}
	if n := len(s.facts.Boxes); n < 6 || n > 12 {
		t.Errorf("%d boxes in four seconds", n)
	}
}

func TestThumbnailsShowTheWalker(t *testing.T) {
	d, _ := develop(t, shoot(t, 200, span{80, 119}), Config{})
	s := d.stories[0]
	for name, th := range map[string]Thumbnail{"first": s.first, "last": s.last} {
		img, err := jpeg.Decode(bytes.NewReader(th.JPEG))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if b := img.Bounds(); b.Dx() != th.Width || b.Dy() != th.Height || th.Width != filmW || th.Height != filmH {
			t.Errorf("%s: picture %v, said %dx%d", name, b, th.Width, th.Height)
		}
		if len(th.JPEG) > thumbBytes {
			t.Errorf("%s: %d bytes", name, len(th.JPEG))
		}
		if len(th.Boxes) == 0 {
			t.Fatalf("%s: no boxes", name)
		}
		b := th.Boxes[0]
		grey, _, _, _ := img.At((b.X+b.W/2)*filmW/10000, (b.Y+b.H/2)*filmH/10000).RGBA()
		if grey>>8 > 90 {
			t.Errorf("%s: grey %d in the middle of the box, the walker is dark", name, grey>>8)
		}
		if th.At != s.ended.offset(frameTime(int(th.Frame))) {
			t.Errorf("%s: frame %d at %v", name, th.Frame, th.At)
		}
	}
	if s.first.At > openTime {
		t.Errorf("first thumbnail is %v old", s.first.At)
	}
	// The best picture is one with the walker inside, near the middle.
	if b := s.last.Boxes[0]; b.X < 2500 || b.X+b.W > 7500 {
		t.Errorf("last thumbnail has the walker at %d-%d", b.X, b.X+b.W)
	}
}

func TestClipPartsFollowEachOther(t *testing.T) {
	d, _ := develop(t, shoot(t, 400, span{120, 299}), Config{})
	if len(d.stories) != 1 {
		t.Fatalf("%d events", len(d.stories))
	}
	s := d.stories[0]
	if got := s.parts[0].Start; got < -5*time.Second || got > -4700*time.Millisecond {
		t.Errorf("clip starts %v before the motion, want 5 s", -got)
	}
	after := s.ended.offset(s.ended.End) + 2*time.Second
	if got := s.parts[len(s.parts)-1].End; got < after || got > after+200*time.Millisecond {
		t.Errorf("clip ends at %v, want %v", got, after)
	}
	var data [][]byte
	frames := 0
	for i, p := range s.parts {
		if i > 0 && p.Start != s.parts[i-1].End {
			t.Errorf("part %d starts at %v, the one before ended at %v", i, p.Start, s.parts[i-1].End)
		}
		long := p.End - p.Start
		if last := i == len(s.parts)-1; long > 4*time.Second || long < 2*time.Second && !last {
			t.Errorf("part %d lasts %v", i, long)
		}
		if fps := float64(p.Frames-1) / long.Seconds(); fps > 5 || fps < 4 && i < len(s.parts)-1 {
			t.Errorf("part %d has %.2f frames a second", i, fps)
		}
		if p.MIME != `video/mp4; codecs="mp4v.6C"` {
			t.Errorf("part %d is %s", i, p.MIME)
		}
		data = append(data, p.Data)
		frames += p.Frames
	}
	total := s.parts[len(s.parts)-1].End - s.parts[0].Start
	checkPlays(t, data, "mjpeg", frames, total)
	checkPlays(t, data[2:3], "mjpeg", s.parts[2].Frames, 0)
}

// checkPlays joins parts and, where ffmpeg is installed, lets it decode every frame.
func checkPlays(t *testing.T, parts [][]byte, codec string, frames int, length time.Duration) {
	t.Helper()
	var all bytes.Buffer
	if err := fmp4.Join(&all, parts...); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Log("no ffprobe (Debian: ffmpeg): the clip was not played")
		return
	}
	name := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(name, all.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-of", "default=nw=1:nk=1",
		"-show_entries", "stream=codec_name,nb_read_frames:format=duration", name).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	got := strings.Fields(string(out))
	if len(got) != 3 || got[0] != codec || got[1] != fmt.Sprint(frames) {
		t.Errorf("ffprobe says %q, want %s, %d frames", got, codec, frames)
	}
	if length > 0 && len(got) == 3 && got[2] != fmt.Sprintf("%.6f", length.Seconds()) {
		t.Errorf("ffprobe says %s s, want %.6f", got[2], length.Seconds())
	}
}

func TestMotionWithinPostRollIsTheSameEvent(t *testing.T) {
	d, _ := develop(t, shoot(t, 320, span{80, 109}, span{125, 159}, span{220, 249}), Config{})
	if len(d.stories) != 2 {
		t.Fatalf("%d events, want 2", len(d.stories))
	}
	a, b := d.stories[0].ended, d.stories[1].ended
	if a.StartFrame > 82 || a.EndFrame < 157 || a.EndFrame > 163 || b.StartFrame < 220 || b.StartFrame > 222 || b.N != 2 {
		t.Errorf("events %+v and %+v", a, b)
	}
	if end, start := d.stories[0].parts, d.stories[1].parts; a.Start.Add(end[len(end)-1].End) > b.Start.Add(start[0].Start) {
		t.Error("the second clip shows again what the first one has shown")
	}
}

func TestLongEventIsDivided(t *testing.T) {
	s := DefaultSettings()
	s.MaxLength = 6 * time.Second
	d, _ := develop(t, shoot(t, 320, span{80, 239}), Config{Settings: &s})
	if len(d.stories) < 3 {
		t.Fatalf("%d events in 16 seconds of motion", len(d.stories))
	}
	for i, st := range d.stories {
		if long := st.ended.offset(st.ended.End); long > s.MaxLength {
			t.Errorf("event %d lasts %v", i, long)
		}
		if i == 0 {
			continue
		}
		last := d.stories[i-1]
		if st.ended.StartFrame <= last.ended.EndFrame || st.ended.StartFrame > last.ended.EndFrame+3 {
			t.Errorf("event %d starts in frame %d, the one before ended in %d", i, st.ended.StartFrame, last.ended.EndFrame)
		}
		end := last.ended.Start.Add(last.parts[len(last.parts)-1].End)
		if start := st.ended.Start.Add(st.parts[0].Start); start < end || start.Sub(end) > time.Second {
			t.Errorf("clip %d starts at %v, the one before ended at %v", i, start, end)
		}
	}
}

func TestCameraFailureEndsTheEvent(t *testing.T) {
	gone := fmt.Errorf("read frame: %w", capture.ErrGone)
	for name, n := range map[string]int{"opening": 84, "running": 110, "post-roll": 135} {
		t.Run(name, func(t *testing.T) {
			p, err := New(Config{})
			if err != nil {
				t.Fatal(err)
			}
			d := &diary{t: t}
			c := shoot(t, n, span{80, 119})
			c.then = gone
			if err := p.Run(context.Background(), c, d); !errors.Is(err, capture.ErrGone) {
				t.Errorf("error %v", err)
			}
			if len(d.stories) != 1 || !d.stories[0].over {
				t.Fatalf("%d events", len(d.stories))
			}
			s := d.stories[0]
			if len(s.first.JPEG) == 0 || len(s.last.JPEG) == 0 || len(s.parts) == 0 {
				t.Errorf("thumbnails of %d and %d bytes, %d parts", len(s.first.JPEG), len(s.last.JPEG), len(s.parts))
			}
			at := s.ended.offset(frameTime(n - 1))
			if end := s.parts[len(s.parts)-1].End; end < at || end > at+200*time.Millisecond {
				t.Errorf("clip ends at %v, the camera at %v", end, at)
			}

			// The camera comes back, with its count begun anew; events are counted on.
			if err := p.Run(context.Background(), shoot(t, 180, span{80, 119}), d); err != nil {
				t.Fatal(err)
			}
			if len(d.stories) != 2 || d.stories[1].ended.N != 2 || d.stories[1].ended.StartFrame > 82 {
				t.Errorf("after it came back: %d events, last %+v", len(d.stories), d.stories[len(d.stories)-1].ended)
			}
		})
	}
}

func TestEndOfContextEndsTheEvent(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := shoot(t, 200, span{80, 119})
	c.before = func(i int) {
		if i == 100 {
			cancel()
		}
	}
	d := &diary{t: t}
	if err := p.Run(ctx, c, d); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if len(d.stories) != 1 || !d.stories[0].over {
		t.Errorf("%d events", len(d.stories))
	}
}

func TestBrokenFramesGoNowhere(t *testing.T) {
	c := shoot(t, 200, span{80, 119})
	torn := 0
	for i := range c.frames {
		f := &c.frames[i]
		switch {
		case i%7 == 3:
			f.Data = f.Data[:len(f.Data)*2/3]
			torn++
		case i%11 == 5:
			f.Data = []byte("no picture at all")
			torn++
		case i%13 == 7:
			f.Format = "WEBP"
		case i%17 == 9:
			f.Data = nil
			torn++
		}
	}
	c.frames = append(c.frames[:20], c.frames[23:]...)
	d, p := develop(t, c, Config{})
	if len(d.stories) != 1 {
		t.Fatalf("%d events", len(d.stories))
	}
	s := d.stories[0]
	var data [][]byte
	frames := 0
	for _, part := range s.parts {
		data = append(data, part.Data)
		frames += part.Frames
		for _, img := range bytes.Split(part.Data, []byte{0xFF, 0xD8, 0xFF})[1:] {
			if _, err := jpeg.Decode(bytes.NewReader(append([]byte{0xFF, 0xD8, 0xFF}, img...))); err != nil {
				t.Errorf("part %d holds a picture that cannot be read: %v", part.Index, err)
			}
		}
	}
	checkPlays(t, data, "mjpeg", frames, 0)
	st := p.Stats()
	if st.Lost != 3 {
		t.Errorf("%d frames lost, want 3", st.Lost)
	}
	if st.Torn == 0 || st.Unsupported == 0 || int(st.Frames)-int(st.Torn)-int(st.Unsupported) != d.frames {
		t.Errorf("stats %+v, %d frames tapped", st, d.frames)
	}
}

func TestAnotherSizeEndsTheEvent(t *testing.T) {
	c := shoot(t, 200, span{80, 199})
	for i := 120; i < 200; i++ { // the same pictures, cut to a smaller size
		f := &c.frames[i]
		img := picture(-16 + (i-80)*filmStep%(filmW-16))
		img.Rect.Max.Y = 160
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
		f.Data = b.Bytes() // and the camera does not say so
	}
	d, _ := develop(t, c, Config{})
	if len(d.stories) != 2 {
		t.Fatalf("%d events, want 2", len(d.stories))
	}
	if e := d.stories[0].ended; e.EndFrame < 115 || e.EndFrame > 119 {
		t.Errorf("first event ends in frame %d, the size changed after 119", e.EndFrame)
	}
	s := d.stories[1]
	if s.last.Height != 160 {
		t.Errorf("thumbnail is %d pixels high", s.last.Height)
	}
	var data [][]byte
	frames := 0
	for _, p := range s.parts {
		data = append(data, p.Data)
		frames += p.Frames
	}
	checkPlays(t, data, "mjpeg", frames, 0)
}

func TestSettingsChangeWhileRunning(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := shoot(t, 300, span{80, 99}, span{150, 169})
	done := make(chan struct{})
	c.before = func(i int) {
		if i == 60 { // from another goroutine, as a configuration file would
			go func() {
				defer close(done)
				s := p.Settings()
				s.PostRoll, s.PreRoll, s.ClipFPS = 8*time.Second, time.Second, 2
				if err := p.Set(s); err != nil {
					t.Error(err)
				}
			}()
		}
		if i == 70 {
			<-done
		}
	}
	d := &diary{t: t}
	if err := p.Run(context.Background(), c, d); err != nil {
		t.Fatal(err)
	}
	if len(d.stories) != 1 {
		t.Fatalf("%d events, want one with the longer post-roll", len(d.stories))
	}
	first := d.stories[0].parts[0]
	if first.Start < -1200*time.Millisecond || float64(first.Frames)/(first.End-first.Start).Seconds() > 2.7 {
		t.Errorf("first part from %v on with %d frames in %v", first.Start, first.Frames, first.End-first.Start)
	}
	bad := DefaultSettings()
	bad.ClipFPS = 0
	if err := p.Set(bad); err == nil {
		t.Error("took a clip without frames")
	}
}

func TestSensitivityChangesWhileRunning(t *testing.T) {
	c := shoot(t, 300, span{80, 119}, span{200, 239})
	for _, walk := range []int{80, 200} {
		for i := walk; i < walk+40; i++ {
			c.frames[i].Data = shot(t, faint-16+(i-walk)*filmStep%(filmW-16))
		}
	}
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.before = func(i int) {
		if i == 160 {
			s := p.Settings()
			s.Motion.Sensitivity = 1
			if err := p.Set(s); err != nil {
				t.Error(err)
			}
		}
	}
	d := &diary{t: t}
	if err := p.Run(context.Background(), c, d); err != nil {
		t.Fatal(err)
	}
	if len(d.stories) != 1 || d.stories[0].ended.EndFrame > 125 {
		t.Errorf("%d events, want the first faint walk alone", len(d.stories))
	}
}

func TestSettingsAreValidated(t *testing.T) {
	if err := DefaultSettings().Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Settings){
		"sensitivity": func(s *Settings) { s.Motion.Sensitivity = 11 },
		"pre-roll":    func(s *Settings) { s.PreRoll = -1 },
		"post-roll":   func(s *Settings) { s.PostRoll = 0 },
		"maximum":     func(s *Settings) { s.MaxLength = time.Second },
		"part":        func(s *Settings) { s.PartLength = 5 * time.Second },
		"clip frames": func(s *Settings) { s.ClipFPS = 61 },
		"clip rate":   func(s *Settings) { s.ClipRate = 1 },
	} {
		s := DefaultSettings()
		change(&s)
		if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := New(Config{Settings: &s}); err == nil {
			t.Errorf("%s: New took it", name)
		}
	}
}

func TestH264AloneIsRefused(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := &film{info: capture.Info{Format: capture.H264}}
	if err := p.Run(context.Background(), c, &diary{t: t}); err == nil {
		t.Error("no error")
	}
}
