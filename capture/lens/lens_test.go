package lens

import (
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/lens/lenstest"
)

// clock is a time that passes only when a test says so.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// code is a claim code's text of n characters, as a screen shows it.
func code(t testing.TB, n int, rng *rand.Rand) (string, image.Image) {
	t.Helper()
	b := []byte("SIGNET1:")
	for len(b) < n {
		b = append(b, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[rng.IntN(32)])
	}
	img, err := lenstest.Code(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return string(b), img
}

// attempts returns at which of the frames of an unsteady hand, at most n, the code is read; 0 if at none.
func attempts(t testing.TB, n int, text string, screen image.Image, shot func(i int) lenstest.Shot) int {
	t.Helper()
	c := &clock{time.Unix(0, 0)}
	f := New(Config{Prefix: "SIGNET1:", Now: c.Now})
	for i := range n {
		s := shot(i)
		s.Seed = uint64(i)
		frame, err := s.Frame(screen)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Look(frame); ok {
			if got != text {
				t.Fatalf("read %q of %q", got, text)
			}
			return i + 1
		}
		c.now = c.now.Add(time.Minute)
	}
	return 0
}

// Each condition must be read within two attempts, one of each way. A short code is of a claim, a long one of a claim with the name
// and passphrase of a Wi-Fi.
func TestReads(t *testing.T) {
	between := func(r *rand.Rand, a, b float64) float64 { return a + (b-a)*r.Float64() }
	for name, c := range map[string]struct {
		long bool
		shot func(*rand.Rand) lenstest.Shot
	}{
		"easy": {shot: func(*rand.Rand) lenstest.Shot { return lenstest.Shot{Noise: 2} }},
		"small": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .45, Noise: 3, Blur: .5, Roll: between(r, -10, 10)}
		}},
		"small and long": {true, func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .45, Noise: 3, Blur: .5, Roll: between(r, -10, 10)}
		}},
		"fills the picture": {shot: func(*rand.Rand) lenstest.Shot { return lenstest.Shot{Fill: .95, Noise: 3, Blur: .5} }},
		"any way up":        {shot: func(r *rand.Rand) lenstest.Shot { return lenstest.Shot{Noise: 3, Blur: .6, Roll: between(r, 0, 360)} }},
		"turned 35 degrees": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .7, Noise: 3, Blur: .6, Yaw: 35, Roll: between(r, 0, 360)}
		}},
		"leant 35 degrees": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .7, Noise: 3, Blur: .6, Pitch: -35, Roll: between(r, 0, 360)}
		}},
		"out of focus": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .8, Noise: 3, Blur: 2, Roll: between(r, 0, 360)}
		}},
		"moving": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .75, Noise: 3, Blur: .5, Motion: 5, MotionAngle: between(r, 0, 360)}
		}},
		"noisy": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .65, Noise: 25, Blur: .6, Roll: between(r, 0, 360)}
		}},
		"pale": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .65, Noise: 4, Blur: .6, Gain: .25, Black: 60, Roll: between(r, 0, 360)}
		}},
		"a lamp on it": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Fill: .65, Noise: 3, Blur: .6, Gain: .5, Black: 20, Glare: 130, Roll: between(r, 0, 360)}
		}},
		"badly compressed": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Noise: 3, Blur: .6, Quality: 50, Roll: between(r, 0, 360)}
		}},
		"without tables": {shot: func(*rand.Rand) lenstest.Shot { return lenstest.Shot{NoTables: true, Noise: 3} }},
		"in the dark": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Noise: 4, Blur: .6, Surround: lenstest.Dark, Roll: between(r, 0, 360)}
		}},
		"before a window": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Noise: 4, Blur: .6, Surround: lenstest.Bright, Roll: between(r, 0, 360)}
		}},
		"before stripes": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Noise: 4, Blur: .6, Surround: lenstest.Busy, Roll: between(r, 0, 360)}
		}},
		"mirrored": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Noise: 3, Blur: .6, Mirror: true, Roll: between(r, 0, 360)}
		}},
		"720p": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Width: 1280, Height: 720, Fill: .5, Noise: 4, Blur: 1, Yaw: 20, Roll: between(r, 0, 360)}
		}},
		"1080p": {shot: func(r *rand.Rand) lenstest.Shot {
			return lenstest.Shot{Width: 1920, Height: 1080, Fill: .5, Noise: 5, Blur: 1.5, Yaw: 20, Roll: between(r, 0, 360)}
		}},
		"YUYV":                {shot: func(*rand.Rand) lenstest.Shot { return lenstest.Shot{Format: capture.YUYV, Noise: 3} }},
		"UYVY":                {shot: func(*rand.Rand) lenstest.Shot { return lenstest.Shot{Format: capture.UYVY, Noise: 3} }},
		"NV12":                {shot: func(*rand.Rand) lenstest.Shot { return lenstest.Shot{Format: capture.NV12, Noise: 3} }},
		"YU12":                {shot: func(*rand.Rand) lenstest.Shot { return lenstest.Shot{Format: capture.YU12, Noise: 3} }},
		"GREY":                {shot: func(*rand.Rand) lenstest.Shot { return lenstest.Shot{Format: capture.GREY, Noise: 3} }},
		"everything, a bit":   {shot: mixed},
		"everything and long": {true, mixed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(len(name)), 7))
			n := 230
			if c.long {
				n = 380
			}
			text, screen := code(t, n, rng)
			at := attempts(t, len(ways), text, screen, func(int) lenstest.Shot { return c.shot(rng) })
			if at == 0 {
				t.Error("not read")
			}
			t.Logf("read at attempt %d", at)
		})
	}
}

// Most frames of a hand that is not clumsy are read at once. Of these 30, 26 are; without correcting the grid, 24.
func TestReadsMostFrames(t *testing.T) {
	read := 0
	for i := range uint64(30) {
		rng := rand.New(rand.NewPCG(i, 77))
		text, screen := code(t, 300, rng)
		read += attempts(t, 1, text, screen, func(int) lenstest.Shot { return mixed(rng) })
	}
	if read < 25 {
		t.Errorf("%d of 30", read)
	}
	t.Logf("%d of 30", read)
}

func mixed(r *rand.Rand) lenstest.Shot {
	between := func(a, b float64) float64 { return a + (b-a)*r.Float64() }
	return lenstest.Shot{
		Fill: between(.55, .9), Noise: between(2, 10), Blur: between(.4, 1.2), Yaw: between(-30, 30), Pitch: between(-30, 30), Roll: between(0, 360),
		Quality: 50 + r.IntN(40), Gain: between(.4, 1), Glare: between(0, 60), Black: between(0, 60), Surround: lenstest.Surround(r.IntN(4)),
		X: between(-.1, .1), Y: between(-.05, .05),
	}
}

// A hand brings a screen before the lens, and takes it away: the text is found while it is there, and nothing else ever.
func TestFilm(t *testing.T) {
	text, screen := code(t, 230, rand.New(rand.NewPCG(1, 2)))
	film := lenstest.Film{Before: 8, Shown: 20, After: 4}
	frames, err := film.Frames(screen)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Unix(0, 0)}
	f := New(Config{Prefix: "SIGNET1:", Now: c.Now})
	first := 0
	for i, frame := range frames {
		got, ok := f.Look(frame)
		if ok && (got != text || i < film.Before || i >= film.Before+film.Shown) {
			t.Errorf("frame %d: %q", i, got)
		}
		if ok && first == 0 {
			first = i
		}
		c.now = c.now.Add(time.Minute)
	}
	if first == 0 {
		t.Error("not found")
	}
	view, err := f.View(frames[film.Before])
	if err != nil || len(view) < 1000 || len(view) > viewBytes {
		t.Errorf("view of %d bytes, %v", len(view), err)
	}
}

func TestOtherTextsAreNoneOfOurs(t *testing.T) {
	screen, err := lenstest.Code("HTTPS://EXAMPLE.ORG/MENU")
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Unix(0, 0)}
	f := New(Config{Prefix: "SIGNET1:", Now: c.Now})
	frame, err := lenstest.Shot{}.Frame(screen)
	if err != nil {
		t.Fatal(err)
	}
	for range ways {
		if text, ok := f.Look(frame); ok {
			t.Errorf("reported %q", text)
		}
		c.now = c.now.Add(time.Minute)
	}
	if s := f.Stats(); s.Found == 0 || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
}

// slow is a clock on which everything takes as long as it says, from one question to the next.
type slow struct {
	now  time.Time
	step time.Duration
}

func (s *slow) Now() time.Time {
	s.now = s.now.Add(s.step)
	return s.now
}

// Looking takes a quarter of the time at most, on however weak a processor, and there is at most one attempt in Every.
func TestCostIsBounded(t *testing.T) {
	frame, err := lenstest.Shot{Format: capture.GREY, Width: 64, Height: 48}.Frame(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, took := range []time.Duration{time.Millisecond, 100 * time.Millisecond, time.Second} {
		s := &slow{time.Unix(0, 0), took}
		f := New(Config{Now: func() time.Time { return s.Now() }})
		f.Look(frame)
		end := s.now
		s.step = time.Millisecond
		for f.Stats().Attempts == 1 {
			f.Look(frame)
		}
		if rest := s.now.Sub(end); rest < restFor*took || rest < defaultEvery-2*took {
			t.Errorf("after an attempt of %v the next is after %v", took, rest)
		}
	}
}

func TestFramesPassedOverCostNothing(t *testing.T) {
	c := &clock{time.Unix(0, 0)}
	f := New(Config{Now: c.Now})
	frame, err := lenstest.Shot{Format: capture.GREY}.Frame(nil)
	if err != nil {
		t.Fatal(err)
	}
	f.Look(frame)
	if n := testing.AllocsPerRun(100, func() { f.Look(frame) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if s := f.Stats(); s.Attempts != 1 {
		t.Errorf("%+v", s)
	}
	c.now = c.now.Add(time.Hour)
	f.Look(&capture.Frame{Format: capture.H264, Data: []byte{0, 0, 0, 1, 0x67}})
	if s := f.Stats(); s.Attempts != 1 {
		t.Errorf("H.264 was searched: %+v", s)
	}
}

func TestTornFrames(t *testing.T) {
	_, screen := code(t, 230, rand.New(rand.NewPCG(1, 2)))
	frame, err := lenstest.Shot{}.Frame(screen)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Unix(0, 0)}
	f := New(Config{Now: c.Now})
	look := func(name string, frame capture.Frame) {
		before := f.Stats().Failed
		if text, ok := f.Look(&frame); ok {
			t.Errorf("%s: %q", name, text)
		}
		if f.Stats().Failed == before {
			t.Errorf("%s is not counted", name)
		}
		c.now = c.now.Add(time.Minute)
	}
	cut := *frame
	cut.Data = frame.Data[:len(frame.Data)/2]
	look("half a JPEG", cut)
	cut.Data = nil
	look("nothing", cut)
	look("a short raw frame", capture.Frame{Format: capture.YUYV, Width: 640, Height: 480, Data: make([]byte, 1000)})
	look("no size", capture.Frame{Format: capture.GREY, Data: make([]byte, 1000)})
}

func BenchmarkLook(b *testing.B) {
	_, screen := code(b, 230, rand.New(rand.NewPCG(1, 2)))
	for _, c := range []struct {
		name string
		shot lenstest.Shot
	}{
		{"MJPEG/640x480", lenstest.Shot{}},
		{"MJPEG/1280x720", lenstest.Shot{Width: 1280, Height: 720}},
		{"YUYV/640x480", lenstest.Shot{Format: capture.YUYV}},
	} {
		for _, s := range []struct {
			name   string
			screen image.Image
		}{{"nothing", nil}, {"code", screen}} {
			frame, err := c.shot.Frame(s.screen)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(c.name+"/"+s.name, func(b *testing.B) {
				b.ReportAllocs()
				k := &clock{time.Unix(0, 0)}
				f := New(Config{Now: k.Now})
				for b.Loop() {
					f.Look(frame)
					k.now = k.now.Add(time.Minute)
				}
			})
		}
	}
}
