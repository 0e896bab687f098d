package moment

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/motion"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/internal/footage"
)

// arrival is a film of an empty place into which somebody comes.
type arrival struct {
	name   string
	fps    float64
	frames []capture.Frame
	first  int // frame with somebody in it
}

// shots copies the first n frames of a camera, or all that there are.
func shots(t testing.TB, cam capture.Camera, n int) (frames []capture.Frame) {
	t.Helper()
	for len(frames) < n {
		var f capture.Frame
		switch err := cam.Next(context.Background(), &f); err {
		case nil:
			frames = append(frames, f)
		case io.EOF:
			return frames
		default:
			t.Fatal(err)
		}
	}
	return frames
}

// visitors are the arrivals of a corridor before which it was empty for some seconds.
func visitors(t testing.TB) (all []arrival) {
	const fps, before = 10, 36
	film := shots(t, recording(t, footage.OneByOne, fps), 1000)
	for _, first := range []int{60, 502, 745, 921} {
		all = append(all, arrival{fmt.Sprintf("visit of frame %d", first), fps, film[first-before : first+40], before})
	}
	return all
}

// walkersIn are people who come into the generated room.
func walkersIn(t testing.TB, fps float64, seeds uint64) (all []arrival) {
	for seed := range seeds {
		o := scene.Options{Seed: seed, FPS: fps, Pace: pace.Virtual, FirstWalk: 4 * time.Second}
		cam, err := scene.New(o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, arrival{fmt.Sprintf("room %d", seed), fps, shots(t, cam, int(6.5*fps)), int(scene.Walks(o, uint64(6.5*fps))[0].From)})
	}
	return all
}

// TestIdleRate: looking at fewer frames where nothing happens makes no event start later than by the time between two of
// them, at most 100 ms, whatever the phase in which somebody comes. With -v it measures other rates, too.
func TestIdleRate(t *testing.T) {
	phases, lookEvery := 2, []time.Duration{idleEvery}
	if testing.Verbose() {
		phases = 4
		lookEvery = []time.Duration{time.Second / 15, time.Second / 10, idleEvery, time.Second / 5, time.Second / 3, time.Second / 2}
	}
	for name, set := range map[string]func(testing.TB) []arrival{
		"corridor at 10/s": visitors,
		"room at 10/s":     func(t testing.TB) []arrival { return walkersIn(t, 10, 2) },
		"room at 15/s":     func(t testing.TB) []arrival { return walkersIn(t, 15, 2) },
		"room at 30/s":     func(t testing.TB) []arrival { return walkersIn(t, 30, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			all := set(t)
			full := map[string][]sight{} // where every frame is looked at
			for _, a := range all {
				for skip := range phases {
					full[a.name] = append(full[a.name], a.watch(t, 0, skip))
				}
			}
			for _, every := range lookEvery {
				var starts, knowns, later []time.Duration
				looked, idle := 0, 0
				for _, a := range all {
					for skip, f := range full[a.name] {
						s := a.watch(t, every, skip)
						starts, knowns = append(starts, s.start), append(knowns, s.known)
						later = append(later, max(s.start-f.start, s.known-f.known))
						looked, idle = looked+s.looked, idle+s.idle
					}
				}
				for _, d := range [][]time.Duration{starts, knowns, later} {
					slices.Sort(d)
				}
				n := len(later)
				ms := func(d []time.Duration) string {
					return fmt.Sprintf("%3d, worst %3d ms", d[n/2].Milliseconds(), d[n-1].Milliseconds())
				}
				t.Logf("%4.1f looks a second, at %3d %% of the idle frames: start %s; confirmed %s; later by %s",
					1/every.Seconds(), 100*looked/idle, ms(starts), ms(knowns), ms(later))
				if every == idleEvery && later[n-1] > 101*time.Millisecond {
					t.Errorf("an event starts %v later for looking at fewer frames", later[n-1])
				}
				if every == idleEvery && all[0].fps > 10 && looked*10 > idle*6 {
					t.Errorf("%d of %d frames of an idle scene were looked at", looked, idle)
				}
			}
		})
	}
}

// sight is how an arrival was seen.
type sight struct {
	start, known time.Duration // of the event, and until it was confirmed, from the arrival on
	looked, idle int           // frames of the empty place, past what is needed to learn it
}

// watch runs an arrival until it is an event, with looks so far apart where nothing happens, and without its first frames.
func (a *arrival) watch(t testing.TB, every time.Duration, skip int) (s sight) {
	t.Helper()
	r := begin(t, Config{}, nowhere{})
	r.idler.every = every
	at := func(i int) time.Duration { return time.Duration(float64(i) * float64(time.Second) / a.fps) }
	calm := int(2.5 * a.fps) // it has learnt, and nothing was suspicious for a second
	for i := skip; i < len(a.frames); i++ {
		f := a.frames[i]
		f.Seq, f.Mono = uint64(i), capture.Mono(time.Hour+at(i))
		before := r.Stats().Looked
		r.take(&f)
		if i >= calm && i < a.first-5 {
			s.idle++
			s.looked += int(r.Stats().Looked - before)
		}
		if r.segmenter.Phase() != Idle {
			s.start, s.known = at(int(r.segmenter.Event().StartFrame)-a.first), at(i-a.first)
			return s
		}
	}
	t.Fatalf("%s: nobody was seen", a.name)
	return s
}

// Looks come as often as they should at every pace, and each frame counts after something suspicious, and after a gap.
func TestLooksOfAnIdleScene(t *testing.T) {
	for _, fps := range []float64{1, 5, 10, 12.5, 15, 25, 30, 60} {
		for _, jitter := range []float64{0, 0.3} {
			i := idler{every: time.Second / 5}
			at := func(n int) capture.Mono { // every second frame is late
				return capture.Mono(float64(time.Hour) + (float64(n)+jitter*float64(n%2))*float64(time.Second)/fps)
			}
			const seconds = 20
			looks, last := 0, at(0)
			for n := range int(fps * (seconds + 1)) {
				if !i.due(at(n)) {
					continue
				}
				i.looked(at(n), false)
				if at(n).Sub(at(0)) <= time.Second {
					last = at(n)
					continue
				}
				looks++
				if d := at(n).Sub(last); d > time.Duration(float64(time.Second)*(0.2+1.6/fps)) {
					t.Errorf("%v/s: nothing was looked at for %v", fps, d)
				}
				last = at(n)
			}
			if want := min(fps, 5) * seconds; float64(looks) < want*0.95-1 || float64(looks) > want*1.1+1 {
				t.Errorf("%v/s, jitter %v: %d looks in %d seconds, want %.0f", fps, jitter, looks, seconds, want)
			}
		}
	}

	i := idler{every: time.Second / 5}
	looks := func(from capture.Mono, n int, suspicious bool) (all int) {
		for k := range n {
			if at := from.Add(time.Duration(k) * time.Second / 30); i.due(at) {
				i.looked(at, suspicious)
				all++
			}
		}
		return all
	}
	start := frameTime(0)
	if n := looks(start, 300, true); n != 300 {
		t.Errorf("%d looks at 300 suspicious frames", n)
	}
	if n := looks(start.Add(10*time.Second), 300, false); n < 30+40 || n > 31+50 {
		t.Errorf("%d looks in the ten seconds after", n)
	}
	if n := looks(start.Add(22*time.Second), 30, false); n != 30 {
		t.Errorf("%d looks at the 30 frames after a gap", n)
	}
}

// What is not looked at goes to live viewers if it is whole in its structure, and nowhere else: neither clip nor thumbnail
// ever has a frame that was not decoded.
func TestTornFramesOfAnIdleScene(t *testing.T) {
	c := shoot(t, 200, span{150, 199})
	for i := range c.frames { // 30 a second
		c.frames[i].Mono = capture.Mono(time.Hour + time.Duration(i)*time.Second/30)
	}
	const calm = 71
	broken := map[uint64]bool{}
	for i := calm; i < 145; i += 2 {
		f := &c.frames[i]
		f.Data = append([]byte(nil), f.Data...)
		if i%4 == calm%4 {
			f.Data = f.Data[:len(f.Data)/2] // breaks off
		} else {
			half := f.Data[len(f.Data)/2 : len(f.Data)-2] // ends as it should
			for k := range half {
				half[k] = 0x55
			}
			broken[f.Seq] = true
		}
	}
	var looked []uint64
	shown := map[uint64]bool{}
	p, err := New(Config{Observe: func(f *capture.Frame, _ *motion.Result) { looked = append(looked, f.Seq) }})
	if err != nil {
		t.Fatal(err)
	}
	d := &watcher{diary: diary{t: t}, seen: shown}
	if err := p.Run(context.Background(), c, d); err != nil {
		t.Fatal(err)
	}
	for _, n := range looked {
		if broken[n] {
			t.Errorf("frame %d was taken for a picture", n)
		}
	}
	torn, live := 0, 0
	for i := range c.frames {
		n := uint64(i)
		switch {
		case i >= calm && i < 145 && i%4 == calm%4:
			torn++
			if shown[n] {
				t.Errorf("frame %d, which breaks off, was shown", n)
			}
		case broken[n] && shown[n]:
			live++
		}
	}
	if st := p.Stats(); int(st.Torn) < torn || live == 0 || int(st.Torn)+live != torn+len(broken) {
		t.Errorf("%d torn of %d that break off and %d that are broken, of which %d were shown", st.Torn, torn, len(broken), live)
	}
	if len(d.stories) != 1 {
		t.Fatalf("%d events", len(d.stories))
	}
	for _, part := range d.stories[0].parts {
		if i := bytes.Index(part.Data, bytes.Repeat([]byte{0x55}, 100)); i >= 0 {
			t.Errorf("part %d holds a broken frame", part.Index)
		}
	}
}

// watcher is a diary that knows which frames it was shown.
type watcher struct {
	diary
	seen map[uint64]bool
}

func (w *watcher) Frame(f *capture.Frame) {
	w.seen[f.Seq] = true
	w.diary.Frame(f)
}

// A camera that changes its size while nothing happens is noticed at once.
func TestSizeChangeOfAnIdleScene(t *testing.T) {
	raw := raws(capture.GREY, 160, 120, 1, span{0, -1})[0]
	var pack packer
	packed, err := pack.pack(&raw)
	if err != nil {
		t.Fatal(err)
	}
	for n := 60; n < 68; n++ {
		c, small := shoot(t, 100), raw
		if n >= 64 {
			small = *packed
		}
		for i := n; i < 100; i++ {
			small.Seq, small.Mono = uint64(i), frameTime(i)
			c.frames[i] = small
		}
		first := uint64(0)
		p, err := New(Config{Observe: func(f *capture.Frame, r *motion.Result) {
			if r.W == 20 && first == 0 {
				first = f.Seq
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(context.Background(), c, nowhere{}); err != nil {
			t.Fatal(err)
		}
		if first != uint64(n) {
			t.Errorf("pictures of another size from frame %d on were looked at from %d on", n, first)
		}
	}
}
