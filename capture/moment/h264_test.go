package moment

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/annexb"
	"signet/capture/fmp4"
)

// encodeH264 lets ffmpeg encode n test pictures, with a key frame every gop, as access units.
func encodeH264(t *testing.T, n, gop int, size string, params ...string) [][]byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg (Debian: ffmpeg)")
	}
	frames := "testsrc=rate=10:size=" + size
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", frames, "-frames:v", strconv.Itoa(n),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", strconv.Itoa(gop), "-keyint_min", strconv.Itoa(gop), "-sc_threshold", "0", "-bf", "0",
		"-x264-params", strings.Join(append(params, "aud=1:repeat-headers=1"), ":"), "-f", "h264", "-").Output()
	if err != nil {
		t.Skipf("ffmpeg makes no H.264: %v", err)
	}
	aud := []byte{0, 0, 0, 1, 9}
	units := bytes.Split(out, aud)[1:]
	if len(units) != n {
		t.Fatalf("%d access units, want %d", len(units), n)
	}
	for i := range units {
		units[i] = append(bytes.Clone(aud), units[i]...)
	}
	return units
}

var mimeH264 = regexp.MustCompile(`^video/mp4; codecs="avc1\.[0-9A-F]{6}"$`)

// withH264 puts an access unit behind each frame of a film, half a frame later.
func withH264(c *film, units [][]byte) *film {
	c.info.HasH264 = true
	var both []capture.Frame
	for i, f := range c.frames {
		both = append(both, f, capture.Frame{
			Seq: uint64(i), Mono: f.Mono.Add(time.Second / filmFPS / 2), Format: capture.H264,
			Width: 128, Height: 96, Data: units[i],
		})
	}
	c.frames = both
	return c
}

func TestH264PassesThrough(t *testing.T) {
	const gop = 15
	c := withH264(shoot(t, 250, span{88, 119}), encodeH264(t, 250, gop, "128x96"))
	d, p := develop(t, c, Config{})
	if len(d.stories) != 1 || d.frames != 500 {
		t.Fatalf("%d events, %d frames tapped", len(d.stories), d.frames)
	}
	s := d.stories[0]
	if got := s.parts[0].Start; got > -5*time.Second || got < -5*time.Second-gop*time.Second/filmFPS {
		t.Errorf("clip starts %v before the motion, want the last key frame before 5 s", -got)
	}
	var data [][]byte
	frames := 0
	for i, part := range s.parts {
		if i > 0 && part.Start != s.parts[i-1].End {
			t.Errorf("part %d starts at %v, the one before ended at %v", i, part.Start, s.parts[i-1].End)
		}
		if !mimeH264.MatchString(part.MIME) {
			t.Errorf("part %d is %s", i, part.MIME)
		}
		if part.Frames%gop != 0 && i < len(s.parts)-1 {
			t.Errorf("part %d has %d frames, not whole groups of %d", i, part.Frames, gop)
		}
		checkPlays(t, [][]byte{part.Data}, "h264", part.Frames, 0)
		data = append(data, part.Data)
		frames += part.Frames
	}
	if want := int((s.parts[len(s.parts)-1].End - s.parts[0].Start) * filmFPS / time.Second); frames < want-1 || frames > want+1 {
		t.Errorf("%d frames in the clip, want %d: nothing is thinned", frames, want)
	}
	checkPlays(t, data, "h264", frames, 0)
	if st := p.Stats(); st.Undecodable+st.Unclipped+st.Unkept != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestH264WaitsForAKeyFrame(t *testing.T) {
	const gop = 15
	c := withH264(shoot(t, 250, span{88, 159}), encodeH264(t, 250, gop, "128x96"))
	// Frames 101 and 102 never come, the unit of frame 130 is rubbish.
	c.frames[2*130+1].Data = []byte{1, 2, 3}
	c.frames = append(c.frames[:2*101], c.frames[2*103:]...)
	d, p := develop(t, c, Config{})
	if len(d.stories) != 1 {
		t.Fatalf("%d events", len(d.stories))
	}
	// 103 and 104 need the lost ones, until 105; 131 to 134 need 130.
	if st := p.Stats(); st.Undecodable != 7 || st.Lost != 2 {
		t.Errorf("stats %+v", st)
	}
	var data [][]byte
	frames := 0
	for _, part := range d.stories[0].parts {
		data = append(data, part.Data)
		frames += part.Frames
	}
	checkPlays(t, data, "h264", frames, 0)
}

func TestOtherParametersEndTheEvent(t *testing.T) {
	units := append(encodeH264(t, 120, 15, "128x96"), encodeH264(t, 130, 15, "160x96")...)
	d, _ := develop(t, withH264(shoot(t, 250, span{88, 159}), units), Config{})
	if len(d.stories) != 2 {
		t.Fatalf("%d events, want 2", len(d.stories))
	}
	for _, s := range d.stories {
		var data [][]byte
		frames := 0
		for _, part := range s.parts {
			data = append(data, part.Data)
			frames += part.Frames
		}
		checkPlays(t, data, "h264", frames, 0)
	}
}

// clipOf returns the parts of an event's clip and how many frames are in them.
func clipOf(s *story) (parts [][]byte, frames int) {
	for _, p := range s.parts {
		parts = append(parts, p.Data)
		frames += p.Frames
	}
	return parts, frames
}

// edit changes the NAL units of an access unit and joins them again.
func edit(data []byte, code []byte, keep func(kind int) bool) []byte {
	var out []byte
	for u := range annexb.Units(data) {
		if keep(annexb.Kind(u)) {
			out = append(append(out, code...), u...)
		}
	}
	return out
}

func all(int) bool { return true }

func noSets(kind int) bool { return kind != annexb.SPS && kind != annexb.PPS }

// TestFormsOfH264: whatever a camera's encoder leaves out or adds, every frame from the first key frame on comes
// into the clip and decodes, and every key frame that a viewer gets has its parameter sets.
func TestFormsOfH264(t *testing.T) {
	const gop = 15
	code3, code4 := []byte{0, 0, 1}, []byte{0, 0, 0, 1}
	normal := encodeH264(t, 250, gop, "128x96")
	sliced := encodeH264(t, 250, gop, "128x96", "slices=4")
	for name, form := range map[string]struct {
		units [][]byte
		do    func(i int, u []byte) []byte
		lost  int // access units without a picture
	}{
		"sets repeated": {normal, func(_ int, u []byte) []byte { return u }, 0},
		"sets once": {normal, func(i int, u []byte) []byte {
			if i == 0 {
				return u
			}
			return edit(u, code4, noSets)
		}, 0},
		"sets in a buffer of their own": {normal, func(i int, u []byte) []byte {
			if i == 0 {
				return edit(u, code4, func(kind int) bool { return !noSets(kind) })
			}
			return edit(u, code4, noSets)
		}, gop},
		"no delimiters": {normal, func(_ int, u []byte) []byte {
			return edit(u, code4, func(kind int) bool { return kind != annexb.Delimiter })
		}, 0},
		"neither sets nor delimiters": {normal, func(i int, u []byte) []byte {
			return edit(u, code3, func(kind int) bool { return i == 0 || noSets(kind) && kind != annexb.Delimiter })
		}, 0},
		"short start codes": {normal, func(_ int, u []byte) []byte { return edit(u, code3, all) }, 0},
		"zeros around":      {normal, func(_ int, u []byte) []byte { return append(edit(u, []byte{0, 0, 0, 0, 0, 1}, all), 0, 0, 0, 0) }, 0},
		"remarks": {normal, func(i int, u []byte) []byte {
			return append(edit(u, code4, func(kind int) bool { return kind == annexb.Delimiter }),
				append([]byte{0, 0, 1, 6, 5, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 'a', 'b', 'c', 'd', 0x80},
					edit(u, code4, func(kind int) bool { return kind != annexb.Delimiter })...)...)
		}, 0},
		"slices":                {sliced, func(_ int, u []byte) []byte { return u }, 0},
		"slices and short code": {sliced, func(_ int, u []byte) []byte { return edit(u, code3, all) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var units [][]byte
			for i, u := range form.units {
				units = append(units, form.do(i, bytes.Clone(u)))
			}
			c := withH264(shoot(t, 250, span{88, 119}), units)
			var seen []byte // what a viewer gets
			keys := 0
			d := &diary{t: t}
			p, err := New(Config{})
			if err != nil {
				t.Fatal(err)
			}
			err = p.Run(context.Background(), c, &tap{diary: d, frame: func(f *capture.Frame) {
				if f.Format != capture.H264 {
					return
				}
				if f.Key {
					keys++
					kinds := map[int]bool{}
					first := -1
					for u := range annexb.Units(f.Data) {
						if kinds[annexb.Kind(u)] = true; first < 0 {
							first = annexb.Kind(u)
						}
					}
					if !kinds[annexb.SPS] || !kinds[annexb.PPS] || kinds[annexb.Delimiter] && first != annexb.Delimiter {
						t.Errorf("key frame %d has units %v, the first %d", f.Seq, kinds, first)
					}
				}
				seen = append(seen, f.Data...)
			}})
			if err != nil {
				t.Fatal(err)
			}
			if want := (250 - form.lost + gop - 1) / gop; keys != want {
				t.Errorf("%d key frames, want %d", keys, want)
			}
			if st := p.Stats(); int(st.Undecodable) != form.lost || st.Unclipped+st.Unkept != 0 || len(d.stories) != 1 {
				t.Fatalf("%d events, stats %+v", len(d.stories), st)
			}
			parts, frames := clipOf(d.stories[0])
			if most := int((d.stories[0].parts[len(parts)-1].End - d.stories[0].parts[0].Start) * filmFPS / time.Second); frames < most-1 {
				t.Errorf("%d frames in the clip, want %d", frames, most)
			}
			checkPlays(t, parts, "h264", frames, 0)
			checkPlays(t, parts[1:2], "h264", d.stories[0].parts[1].Frames, 0)
			checkStream(t, seen, 250-form.lost)
		})
	}
}

// tap shows frames to a test, too.
type tap struct {
	*diary
	frame func(*capture.Frame)
}

func (t *tap) Frame(f *capture.Frame) {
	t.diary.Frame(f)
	t.frame(f)
}

// checkStream lets ffmpeg decode a byte stream.
func checkStream(t *testing.T, stream []byte, frames int) {
	t.Helper()
	cmd := exec.Command("ffprobe", "-v", "error", "-f", "h264", "-count_frames", "-of", "default=nw=1:nk=1", "-show_entries", "stream=nb_read_frames", "-")
	cmd.Stdin = bytes.NewReader(stream)
	if out, err := cmd.CombinedOutput(); err != nil || string(bytes.TrimSpace(out)) != strconv.Itoa(frames) {
		t.Errorf("ffprobe says of the stream %q, want %d frames (%v)", out, frames, err)
	}
}

// TestH264WithoutSets: a stream that was joined too late to have parameter sets gives no clip; the pictures for
// motion do.
func TestH264WithoutSets(t *testing.T) {
	units := encodeH264(t, 250, 15, "128x96")
	for i := range units {
		units[i] = edit(units[i], []byte{0, 0, 1}, noSets)
	}
	d, p := develop(t, withH264(shoot(t, 250, span{88, 119}), units), Config{})
	if st := p.Stats(); st.Undecodable != 250 || len(d.stories) != 1 {
		t.Fatalf("%d events, stats %+v", len(d.stories), st)
	}
	parts, frames := clipOf(d.stories[0])
	checkPlays(t, parts, "mjpeg", frames, 0)
}

// TestH264FromTheMiddle begins within a group: nothing before the next key frame is shown.
func TestH264FromTheMiddle(t *testing.T) {
	units := encodeH264(t, 257, 15, "128x96")[7:]
	d, p := develop(t, withH264(shoot(t, 250, span{88, 119}), units), Config{})
	if st := p.Stats(); st.Undecodable != 8 || len(d.stories) != 1 {
		t.Fatalf("%d events, stats %+v", len(d.stories), st)
	}
	parts, frames := clipOf(d.stories[0])
	checkPlays(t, parts, "h264", frames, 0)
}

// TestParametersChangeWithinAGroup: what follows other parameters is left out until a key frame, however the
// encoder sends them.
func TestParametersChangeWithinAGroup(t *testing.T) {
	const gop = 15
	units := encodeH264(t, 250, gop, "128x96")
	others := encodeH264(t, 250, gop, "160x96")
	sets := edit(others[0], []byte{0, 0, 1}, func(kind int) bool { return !noSets(kind) })
	for i := 110; i < 250; i++ { // from the middle of the old group on, and at first without a key frame
		units[i] = others[i]
	}
	units[110] = append(bytes.Clone(sets), units[110]...)
	d, p := develop(t, withH264(shoot(t, 250, span{88, 159}), units), Config{})
	if len(d.stories) != 2 {
		t.Fatalf("%d events, want 2", len(d.stories))
	}
	if st := p.Stats(); st.Undecodable != 10 { // 110 to 119
		t.Errorf("stats %+v", st)
	}
	for _, s := range d.stories {
		parts, frames := clipOf(s)
		checkPlays(t, parts, "h264", frames, 0)
	}
}

// TestSeveralSetsAreRefused: a clip's header has place for one of each.
func TestSeveralSetsAreRefused(t *testing.T) {
	units := encodeH264(t, 1, 1, "128x96")
	var c chain
	f := capture.Frame{Format: capture.H264, Data: append(bytes.Clone(units[0]), 0, 0, 1, 0x68, 0x42, 0x99)}
	if _, _, err := c.accept(&f); !errors.Is(err, errManySets) {
		t.Errorf("error %v", err)
	}
	f = capture.Frame{Format: capture.H264, Seq: 1, Data: append([]byte{0, 0, 1, 0x67}, make([]byte, 5000)...)}
	f.Data[len(f.Data)-1] = 1
	if _, _, err := c.accept(&f); !errors.Is(err, errBadSets) {
		t.Errorf("error %v", err)
	}
	f = capture.Frame{Format: capture.H264, Seq: 2, Data: units[0]}
	if out, _, err := c.accept(&f); err != nil || out != &f || !f.Key {
		t.Errorf("a good one after them: %v", err)
	}
}

func FuzzAccept(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 1, 2, 3}, []byte{0, 0, 1, 0x65, 1, 2, 3})
	f.Add([]byte{0, 0, 1, 0x41, 9, 0, 0, 1}, []byte{0, 0, 1, 9, 0x10, 0, 0, 1, 0x65, 1})
	f.Add([]byte{0, 0, 1, 0, 0, 1, 0, 0, 1}, []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var c chain
		for i, data := range [][]byte{first, second, first, second} {
			fr := capture.Frame{Seq: uint64(i), Mono: capture.Mono(i), Format: capture.H264, Data: data}
			before := bytes.Clone(data)
			out, _, err := c.accept(&fr)
			if !bytes.Equal(data, before) {
				t.Fatal("the camera's data were written to")
			}
			if err != nil {
				continue
			}
			if c.sps == nil || c.pps == nil || !c.whole || out.Seq != uint64(i) || out.Mono != fr.Mono {
				t.Error("accepted without parameters")
			}
			sps, pps, picture := false, false, false
			for u := range annexb.Units(out.Data) {
				switch annexb.Kind(u) {
				case annexb.SPS:
					sps = true
				case annexb.PPS:
					pps = true
				case annexb.IDR, annexb.NonIDR:
					picture = true
				}
			}
			if !picture || out.Key && !(sps && pps) {
				t.Errorf("%x became %x", data, out.Data)
			}
			// What is accepted can be written.
			p := fmp4.Part{Track: fmp4.Track{SPS: c.sps, PPS: c.pps}, Sequence: 1, Samples: []fmp4.Sample{{Duration: time.Second, Key: true, Data: out.Data}}}
			if _, err := p.Marshal(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
