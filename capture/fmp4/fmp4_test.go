package fmp4

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

// picture is a JPEG of 64x48 pixels that differs from n to n.
func picture(t testing.TB, n int) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = byte(i*n + 20*n)
	}
	img.SetGray(n%64, 10, color.Gray{Y: 255})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// clip is n parts of three pictures, at times that do not fall on ticks.
func clip(t testing.TB, n int) [][]byte {
	t.Helper()
	const step = 333333333 * time.Nanosecond
	var parts [][]byte
	for i := range n {
		p := Part{
			Track:    Track{Width: 64, Height: 48},
			Sequence: uint32(i + 1),
			Start:    time.Duration(3*i) * step,
		}
		for k := range 3 {
			p.Samples = append(p.Samples, Sample{Duration: step, Key: true, Data: picture(t, 3*i+k)})
		}
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, b)
	}
	return parts
}

// read parses a file with the library's reader.
func read(t *testing.T, file []byte) (fmp4.Init, fmp4.Parts) {
	t.Helper()
	var head fmp4.Init
	if err := head.Unmarshal(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(file, []byte("moof")) - 4
	var parts fmp4.Parts
	if err := parts.Unmarshal(file[at:]); err != nil {
		t.Fatal(err)
	}
	return head, parts
}

func TestEachPartStandsAlone(t *testing.T) {
	end := uint64(0)
	for i, b := range clip(t, 4) {
		head, parts := read(t, b)
		if len(head.Tracks) != 1 || len(parts) != 1 || len(parts[0].Tracks) != 1 {
			t.Fatalf("part %d: %d tracks, %d fragments", i, len(head.Tracks), len(parts))
		}
		if c, ok := head.Tracks[0].Codec.(*codecs.MJPEG); !ok || c.Width != 64 || c.Height != 48 {
			t.Errorf("part %d: codec %#v", i, head.Tracks[0].Codec)
		}
		p := parts[0]
		if p.SequenceNumber != uint32(i+1) {
			t.Errorf("part %d has sequence %d", i, p.SequenceNumber)
		}
		track := p.Tracks[0]
		if track.BaseTime != end {
			t.Errorf("part %d starts at tick %d, the one before ended at %d", i, track.BaseTime, end)
		}
		end = track.BaseTime
		for k, s := range track.Samples {
			end += uint64(s.Duration)
			if !bytes.Equal(s.Payload, picture(t, 3*i+k)) || s.IsNonSyncSample {
				t.Errorf("part %d: sample %d is not the picture that went in", i, k)
			}
		}
	}
	if want := uint64(12 * 30000); end != want {
		t.Errorf("the clip ends at tick %d, want %d", end, want)
	}
}

func TestJoin(t *testing.T) {
	parts := clip(t, 4)
	var all bytes.Buffer
	if err := Join(&all, parts...); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(all.Bytes(), []byte("ftyp")); n != 1 {
		t.Errorf("%d headers in the joined file", n)
	}
	if _, got := read(t, all.Bytes()); len(got) != 4 {
		t.Errorf("%d fragments in the joined file, want 4", len(got))
	}
	var some bytes.Buffer
	if err := Join(&some, parts[1], parts[3]); err != nil {
		t.Errorf("with missing parts: %v", err)
	}

	other, err := Part{
		Track: Track{Width: 32, Height: 48}, Sequence: 9,
		Samples: []Sample{{Duration: time.Second, Key: true, Data: picture(t, 1)}},
	}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		parts [][]byte
		want  error
	}{
		"none":          {nil, ErrNotPart},
		"empty":         {[][]byte{nil}, ErrNotPart},
		"truncated":     {[][]byte{parts[0][:len(parts[0])-1]}, ErrNotPart},
		"header alone":  {[][]byte{parts[0][:bytes.Index(parts[0], []byte("moof"))-4]}, ErrNotPart},
		"trailing":      {[][]byte{append(bytes.Clone(parts[0]), 1, 2, 3)}, ErrNotPart},
		"twice":         {[][]byte{parts[0], parts[0]}, ErrMixed},
		"backwards":     {[][]byte{parts[1], parts[0]}, ErrMixed},
		"other picture": {[][]byte{parts[0], other}, ErrMixed},
	} {
		var out bytes.Buffer
		if err := Join(&out, tt.parts...); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", name, err, tt.want)
		}
		if out.Len() > 0 {
			t.Errorf("%s: %d bytes written before the error", name, out.Len())
		}
	}
}

func TestBadPartsAreRefused(t *testing.T) {
	good := Sample{Duration: time.Second, Key: true, Data: []byte{1}}
	track := Track{Width: 64, Height: 48}
	for name, p := range map[string]Part{
		"no samples":     {Track: track},
		"no size":        {Samples: []Sample{good}},
		"no key":         {Track: track, Samples: []Sample{{Duration: 1, Data: []byte{1}}}},
		"no duration":    {Track: track, Samples: []Sample{{Key: true, Data: []byte{1}}}},
		"no data":        {Track: track, Samples: []Sample{{Duration: 1, Key: true}}},
		"before start":   {Track: track, Start: -1, Samples: []Sample{good}},
		"no parameters":  {Track: Track{SPS: []byte{0x67}}, Samples: []Sample{good}},
		"not an annex B": {Track: Track{SPS: []byte{0x67, 1, 2, 3}}, Samples: []Sample{good}},
	} {
		if b, err := p.Marshal(); err == nil {
			t.Errorf("%s: %d bytes", name, len(b))
		}
	}
}

// TestLikeTheLibrary compares, byte for byte, with what another writer makes of the same.
func TestLikeTheLibrary(t *testing.T) {
	sps := []byte{0x67, 0x64, 0x00, 0x0c, 0xac, 0x3b, 0x50, 0xb0, 0x4b, 0x42, 0, 0, 3, 0, 2, 0, 0, 3, 0, 0x3d, 0x08}
	pps := []byte{0x68, 0xce, 0x38, 0x80}
	slice := func(kind byte) []byte { return []byte{0, 0, 1, 9, 0x10, 0, 0, 0, 1, kind, 1, 2, 3} }
	for name, tt := range map[string]struct {
		track Track
		codec codecs.Codec
		data  [3][]byte
		keys  [3]bool
	}{
		"MJPEG":           {Track{Width: 641, Height: 479}, &codecs.MJPEG{Width: 641, Height: 479}, [3][]byte{{1, 2, 3}, {4}, {5, 6}}, [3]bool{true, true, true}},
		"H.264":           {Track{SPS: sps, PPS: pps}, &codecs.H264{SPS: sps, PPS: pps}, [3][]byte{slice(0x65), slice(0x41), slice(0x41)}, [3]bool{0: true}},
		"H.264 keys only": {Track{SPS: sps, PPS: pps}, &codecs.H264{SPS: sps, PPS: pps}, [3][]byte{slice(0x65), slice(0x65), slice(0x65)}, [3]bool{true, true, true}},
	} {
		p := Part{Track: tt.track, Sequence: 7, Start: 5*time.Second + 1}
		track := &fmp4.PartTrack{ID: 1, BaseTime: 5 * TimeScale}
		for i, d := range tt.data {
			p.Samples = append(p.Samples, Sample{Duration: time.Second, Key: tt.keys[i], Data: d})
			if tt.track.SPS != nil {
				d = append([]byte{0, 0, 0, 4}, d[len(d)-4:]...)
			}
			track.Samples = append(track.Samples, &fmp4.Sample{Duration: TimeScale, IsNonSyncSample: !tt.keys[i], Payload: d})
		}
		got, err := p.Marshal()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var want, fragment seekablebuffer.Buffer
		head := fmp4.Init{Tracks: []*fmp4.InitTrack{{ID: 1, TimeScale: TimeScale, Codec: tt.codec}}}
		if err := head.Marshal(&want); err != nil {
			t.Fatal(err)
		}
		if err := (fmp4.Part{SequenceNumber: 7, Tracks: []*fmp4.PartTrack{track}}).Marshal(&fragment); err != nil {
			t.Fatal(err)
		}
		if w := append(want.Bytes(), fragment.Bytes()...); !bytes.Equal(got, w) {
			at := 0
			for at < min(len(got), len(w)) && got[at] == w[at] {
				at++
			}
			t.Errorf("%s: other from byte %d on: %x, want %x", name, at, got[at:min(at+16, len(got))], w[at:min(at+16, len(w))])
		}
	}
}

func TestAllocations(t *testing.T) {
	p := Part{Track: Track{Width: 64, Height: 48}, Sequence: 1}
	for range 200 {
		p.Samples = append(p.Samples, Sample{Duration: time.Second, Key: true, Data: make([]byte, 1000)})
	}
	if n := testing.AllocsPerRun(20, func() { p.Marshal() }); n != 1 {
		t.Errorf("%v allocations for a part", n)
	}
}

func TestMIME(t *testing.T) {
	if got := (Track{Width: 1, Height: 1}).MIME(); got != `video/mp4; codecs="mp4v.6C"` {
		t.Error(got)
	}
	if got := (Track{SPS: []byte{0x67, 0x42, 0xc0, 0x1e}}).MIME(); got != `video/mp4; codecs="avc1.42C01E"` {
		t.Error(got)
	}
}

// probe lets ffprobe decode a file and returns its codec, frames and duration.
func probe(t *testing.T, file []byte) (codec string, frames string, duration string) {
	t.Helper()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("no ffprobe (Debian: ffmpeg)")
	}
	name := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", name).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	var r struct {
		Streams []struct {
			Codec  string `json:"codec_name"`
			Frames string `json:"nb_read_frames"`
		}
		Format struct{ Duration string }
	}
	if err := json.Unmarshal(out, &r); err != nil || len(r.Streams) != 1 {
		t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	return r.Streams[0].Codec, r.Streams[0].Frames, r.Format.Duration
}

func TestFFmpegPlaysPartsAndJoinedFile(t *testing.T) {
	parts := clip(t, 4)
	var all bytes.Buffer
	if err := Join(&all, parts...); err != nil {
		t.Fatal(err)
	}
	if codec, frames, duration := probe(t, all.Bytes()); codec != "mjpeg" || frames != "12" || duration != "4.000000" {
		t.Errorf("joined: %s, %s frames, %s s; want mjpeg, 12, 4.000000", codec, frames, duration)
	}
	if codec, frames, _ := probe(t, parts[2]); codec != "mjpeg" || frames != "3" {
		t.Errorf("third part alone: %s, %s frames; want mjpeg, 3", codec, frames)
	}
}

func TestFFmpegPlaysH264(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg (Debian: ffmpeg)")
	}
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=128x96:rate=10:duration=2",
		"-c:v", "libx264", "-g", "10", "-bf", "0", "-x264-params", "aud=1:repeat-headers=1", "-f", "h264", "-")
	var complaint strings.Builder
	cmd.Stderr = &complaint
	stream, err := cmd.Output()
	if err != nil {
		t.Skipf("ffmpeg makes no H.264: %v %s", err, complaint.String())
	}
	aud := []byte{0, 0, 0, 1, 9}
	units := bytes.Split(stream, aud)[1:]
	if len(units) != 20 {
		t.Fatalf("%d access units", len(units))
	}
	var parts [][]byte
	var track Track
	for i := range 2 {
		p := Part{Sequence: uint32(i + 1), Start: time.Duration(i) * time.Second}
		for k := range 10 {
			u := append(bytes.Clone(aud), units[10*i+k]...)
			if k == 0 {
				track = parameters(u)
			}
			p.Samples = append(p.Samples, Sample{Duration: time.Second / 10, Key: k == 0, Data: u})
		}
		p.Track = track
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, b)
	}
	if got := track.MIME(); !strings.HasPrefix(got, `video/mp4; codecs="avc1.`) {
		t.Error(got)
	}
	var all bytes.Buffer
	if err := Join(&all, parts...); err != nil {
		t.Fatal(err)
	}
	if codec, frames, duration := probe(t, all.Bytes()); codec != "h264" || frames != "20" || duration != "2.000000" {
		t.Errorf("joined: %s, %s frames, %s s; want h264, 20, 2.000000", codec, frames, duration)
	}
	if codec, frames, _ := probe(t, parts[1]); codec != "h264" || frames != "10" {
		t.Errorf("second part alone: %s, %s frames; want h264, 10", codec, frames)
	}
}

// parameters finds the parameter sets of an access unit.
func parameters(unit []byte) (t Track) {
	for _, n := range bytes.Split(unit, []byte{0, 0, 1}) {
		n = bytes.TrimRight(n, "\x00")
		if len(n) > 0 && n[0]&0x1F == 7 {
			t.SPS = n
		} else if len(n) > 0 && n[0]&0x1F == 8 {
			t.PPS = n
		}
	}
	return t
}

func FuzzJoin(f *testing.F) {
	parts := clip(f, 2)
	f.Add(parts[0], parts[1])
	f.Add(parts[0][:40], []byte("\x00\x00\x00\x08ftyp\x00\x00\x00\x08moov\x00\x00\x00\x08moof\x00\x00\x00\x08mdat"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var out bytes.Buffer
		if err := Join(&out, a, b); err != nil {
			return
		}
		if out.Len() > len(a)+len(b) || !bytes.HasPrefix(out.Bytes(), a) {
			t.Error("joined file is not made of its parts")
		}
		var again bytes.Buffer
		if err := Join(&again, out.Bytes()); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("joined file does not join: %v", err)
		}
	})
}
