package moment

import (
	"bytes"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"signet/capture"
)

// encodeH264 lets ffmpeg encode n test pictures, with a key frame every gop, as access units.
func encodeH264(t *testing.T, n, gop int, size string) [][]byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg (Debian: ffmpeg)")
	}
	frames := "testsrc=rate=10:size=" + size
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", frames, "-frames:v", strconv.Itoa(n),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", strconv.Itoa(gop), "-keyint_min", strconv.Itoa(gop), "-sc_threshold", "0", "-bf", "0",
		"-x264-params", "aud=1:repeat-headers=1", "-f", "h264", "-").Output()
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

func FuzzAccept(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 1, 2, 3})
	f.Add([]byte{0, 0, 1, 0x41, 9, 0, 0, 1})
	f.Add([]byte{0, 0, 1, 0, 0, 1, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var c chain
		for i := range 2 {
			fr := capture.Frame{Seq: uint64(i), Format: capture.H264, Data: data}
			if _, err := c.accept(&fr); err == nil && (c.sps == nil || c.pps == nil || !c.whole) {
				t.Error("accepted without parameters")
			}
		}
		n := 0
		for rest := data; ; n++ {
			var u []byte
			if u, rest = nextUnit(rest); u == nil {
				break
			}
			if len(u) == 0 || u[len(u)-1] == 0 || bytes.Contains(u, startCode) || n > len(data) {
				t.Fatalf("unit %x", u)
			}
		}
	})
}
