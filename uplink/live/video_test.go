package live

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media/samplebuilder"

	"signet/capture"
	"signet/capture/annexb"
	"signet/internal/footage"
)

// Parameter sets and slices that carry no picture: nobody decodes them here.
var (
	sps = []byte{0x67, 0x42, 0xe0, 0x1f, 0xda, 0x01}
	pps = []byte{0x68, 0xce, 0x3c, 0x80}
)

func slice(header byte, n, fill int) []byte {
	return append([]byte{header}, bytes.Repeat([]byte{byte(fill) | 1}, n)...)
}

func annexB(nals ...[]byte) []byte {
	var b []byte
	for _, n := range nals {
		b = append(append(b, 0, 0, 0, 1), n...)
	}
	return b
}

// readUnits gives the access units that come in on a track.
func readUnits(t *testing.T, tr *webrtc.TrackRemote) <-chan []byte {
	out := make(chan []byte, 100)
	go func() {
		sb := samplebuilder.New(50, &codecs.H264Packet{}, 90000)
		for {
			p, _, err := tr.ReadRTP()
			if err != nil {
				return
			}
			sb.Push(p)
			for s := sb.Pop(); s != nil; s = sb.Pop() {
				out <- s.Data
			}
		}
	}()
	return out
}

func TestH264PassesThrough(t *testing.T) {
	w := newWorld(t)
	at := time.Duration(0)
	show := func(key bool, data []byte) {
		at += 40 * time.Millisecond
		w.Offer(&capture.Frame{Format: capture.H264, Key: key, Mono: capture.Mono(at), Data: data})
	}
	show(true, annexB(sps, pps, slice(0x65, 100, 1))) // before anybody watches: says that there is video
	b, sdp := newBrowser(t, true)
	b.connect(t, w, sdp)
	until(t, "watching", func() bool { return w.video.watching.Load() == 1 })

	show(false, annexB(slice(0x41, 50, 2))) // cannot be decoded by who comes now
	sent := [][]byte{
		annexB(sps, pps, slice(0x65, 5000, 3)), // larger than a packet
		annexB(slice(0x41, 60, 4)),
		annexB(slice(0x41, 3000, 5)),
		annexB(sps, pps, slice(0x65, 200, 6)),
		annexB(slice(0x41, 60, 7)),
	}
	for i, u := range sent {
		show(i == 0 || i == 3, u)
	}
	tr := receive(t, "track", b.tracks)
	got := readUnits(t, tr)
	show(false, annexB(slice(0x41, 10, 9))) // a sample is whole once the next one begins
	for i := range sent {
		u := receive(t, "access unit", got)
		if !slices.EqualFunc(slices.Collect(annexb.Units(u)), slices.Collect(annexb.Units(sent[i])), bytes.Equal) {
			t.Errorf("unit %d: %d bytes instead of %d", i, len(u), len(sent[i]))
		}
	}
	// The JPEG of a source that has H.264 too is not sent beside it.
	if n := w.feed.watching.Load(); n != 0 {
		t.Errorf("%d wait for pictures", n)
	}
}

func TestAViewerWithoutVideoGetsPictures(t *testing.T) {
	w := newWorld(t)
	w.Offer(&capture.Frame{Format: capture.H264, Key: true, Data: annexB(sps, pps, slice(0x65, 100, 1))})
	b, sdp := newBrowser(t, false)
	b.connect(t, w, sdp)
	until(t, "watching", func() bool { return w.feed.watching.Load() == 1 })
	img := noise(t, 1, 64, 48)
	w.Offer(&capture.Frame{Format: capture.MJPEG, Key: true, Data: img})
	if p := receive(t, "picture", b.pictures); !bytes.Equal(p.jpeg, img) {
		t.Error("another picture")
	}
}

func TestUnitQueueIsBoundedAndGoesOnAtAKeyFrame(t *testing.T) {
	v := newVideo()
	q, stop := v.watch()
	defer stop()
	offer := func(key bool, n int) {
		data := annexB(slice(0x41, n, 1))
		if key {
			data = annexB(sps, pps, slice(0x65, n, 1))
		}
		v.offer(&capture.Frame{Format: capture.H264, Key: key, Data: data})
	}
	offer(false, 10)
	if len(q.take()) != 0 {
		t.Error("does not begin at a key frame")
	}
	offer(true, 10)
	for range maxUnits {
		offer(false, 10)
	}
	if n := len(q.units); n != 0 {
		t.Errorf("%d wait after too many", n)
	}
	offer(false, 10)
	offer(true, 10)
	offer(false, 10)
	if u := q.take(); len(u) != 2 || !u[0].key {
		t.Errorf("%d units", len(u))
	}
	for range 5 {
		offer(true, 1<<20)
	}
	if q.bytes > maxUnitBytes {
		t.Errorf("%d bytes wait", q.bytes)
	}
}

// encoded returns three seconds of real H.264, access unit by access unit.
func encoded(t *testing.T) (frames [][]byte) {
	t.Helper()
	files := footage.All(t, "*.h264.mp4")
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg to take footage apart")
	}
	cmd := exec.CommandContext(t.Context(), ffmpeg, "-v", "error", "-i", files[0], "-t", "3", "-c", "copy", "-bsf:v", "h264_mp4toannexb,h264_metadata=aud=insert", "-f", "h264", "-")
	cmd.Stderr = os.Stderr
	stream, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for n := range annexb.Units(stream) {
		if annexb.Kind(n) == annexb.Delimiter {
			frames = append(frames, nil)
		}
		frames[len(frames)-1] = append(frames[len(frames)-1], annexB(n)...)
	}
	return frames
}

func isKey(f []byte) bool {
	return slices.ContainsFunc(slices.Collect(annexb.Units(f)), func(n []byte) bool { return annexb.Kind(n) == annexb.IDR })
}

// filler is a kind of NAL unit (ITU-T H.264, table 7-1).
const filler = 12

// What an encoder made comes out unit by unit, but for delimiters and filler, which have no place in RTP.
func TestFootagePassesThrough(t *testing.T) {
	frames := encoded(t)
	w := newWorld(t)
	w.Offer(&capture.Frame{Format: capture.H264, Key: true, Data: frames[0]})
	b, sdp := newBrowser(t, true)
	b.connect(t, w, sdp)
	until(t, "watching", func() bool { return w.video.watching.Load() == 1 })
	w.Offer(&capture.Frame{Format: capture.H264, Key: true, Data: frames[0]})
	got := readUnits(t, receive(t, "track", b.tracks))
	for i, f := range frames[1:] {
		w.Offer(&capture.Frame{Format: capture.H264, Key: isKey(f), Mono: capture.Mono(time.Duration(i+1) * 40 * time.Millisecond), Data: f})
		u := receive(t, "access unit", got) // the one before
		want := slices.DeleteFunc(slices.Collect(annexb.Units(frames[i])), func(n []byte) bool { return annexb.Kind(n) == annexb.Delimiter || annexb.Kind(n) == filler })
		if !slices.EqualFunc(slices.Collect(annexb.Units(u)), want, bytes.Equal) {
			t.Fatalf("unit %d of %d differs", i, len(frames))
		}
	}
}
