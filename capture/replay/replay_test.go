package replay

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/pace"
	"signet/internal/hint"
)

var _ capture.Camera = (*Camera)(nil)

var virtual = Options{Pace: pace.Virtual}

func TestFile(t *testing.T) {
	path := write(t, "a.mjpeg", pic(t, 0), pic(t, 1), pic(t, 2))
	c := openTest(t, path, Options{Pace: pace.Virtual, FPS: 5})
	if i := c.Info(); i.Name != "a.mjpeg" || i.Path != path || i.Width != 48 || i.Height != 32 || i.FPS != 5 ||
		i.Format != capture.MJPEG || i.Driver != "replay" || i.Generated || i.HasH264 {
		t.Errorf("info %+v", i)
	}
	frames := drain(t, c)
	if len(frames) != 3 {
		t.Fatalf("%d frames", len(frames))
	}
	for i, f := range frames {
		if f.Seq != uint64(i) || time.Duration(f.Mono) != time.Duration(i)*200*time.Millisecond ||
			!bytes.Equal(f.Data, pic(t, i)) || !f.Key || f.Width != 48 || f.Format != capture.MJPEG {
			t.Errorf("frame %d: seq %d at %v, %dx%d, %d bytes", i, f.Seq, time.Duration(f.Mono), f.Width, f.Height, len(f.Data))
		}
	}
}

// A torn picture is passed over and counted; the others keep their places and times, in every round.
func TestTornPictures(t *testing.T) {
	bad := torn(pic(t, 1))
	path := write(t, "a.mjpeg", pic(t, 0), bad, pic(t, 2), bad)
	c := openTest(t, path, Options{Pace: pace.Virtual, Loop: true})
	var f capture.Frame
	for _, want := range []uint64{0, 2, 3, 5, 6, 8} {
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if f.Seq != want || time.Duration(f.Mono) != time.Duration(want)*100*time.Millisecond {
			t.Errorf("seq %d at %v, want %d", f.Seq, time.Duration(f.Mono), want)
		}
	}
	if s := c.Skipped(); s.Torn != 5 || s.String() != "5 torn" {
		t.Errorf("skipped %v", s)
	}
}

func TestLiveLoops(t *testing.T) {
	path := write(t, "a.mjpeg", pic(t, 0), pic(t, 1), pic(t, 2))
	synctest.Test(t, func(t *testing.T) {
		c := openTest(t, path, Options{Loop: true})
		start := time.Now()
		var f capture.Frame
		var first capture.Mono
		for i := range 8 {
			if err := c.Next(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = f.Mono
			}
			due := time.Duration(i) * 100 * time.Millisecond
			if f.Seq != uint64(i) || f.Mono.Sub(first) != due || time.Since(start) != due || !bytes.Equal(f.Data, pic(t, i%3)) {
				t.Errorf("frame %d: seq %d, stamped %v, after %v", i, f.Seq, f.Mono.Sub(first), time.Since(start))
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Next(ctx, &f); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("1.jpg", pic(t, 1))
	put("0.JPEG", pic(t, 0))
	put("2.jpg", torn(pic(t, 2)))
	put("3.jpg", []byte("not a picture"))
	put("4.jpg", make([]byte, mjpeg.MaxImage+1))
	put("5.jpg", append(pic(t, 5), 0, 0))
	put("notes.txt", []byte("left alone"))
	if err := os.Symlink("nowhere", filepath.Join(dir, "6.jpg")); err != nil {
		t.Fatal(err)
	}
	c := openTest(t, dir, virtual)
	frames := drain(t, c)
	if len(frames) != 3 {
		t.Fatalf("%d frames", len(frames))
	}
	for i, n := range []int{0, 1, 5} {
		if frames[i].Seq != uint64(n) || !bytes.Equal(frames[i].Data, pic(t, n)) {
			t.Errorf("frame %d: seq %d, want %d", i, frames[i].Seq, n)
		}
	}
	if s := c.Skipped(); s != (Skipped{Torn: 1, TooLarge: 1, NotJPEG: 1, Unreadable: 1}) {
		t.Errorf("skipped %+v", s)
	}
}

func TestOpenRefuses(t *testing.T) {
	empty := t.TempDir()
	onlyTorn := t.TempDir()
	if err := os.WriteFile(filepath.Join(onlyTorn, "a.jpg"), torn(pic(t, 0)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		o    Options
		want string
	}{
		{filepath.Join(empty, "no.mjpeg"), virtual, "no such file or directory"},
		{write(t, "a.mjpeg"), virtual, "the file is empty"},
		{write(t, "a.mjpeg", torn(pic(t, 0))), virtual, "torn JPEG: no whole picture in the file"},
		{write(t, "a.mjpeg", []byte("hello, this is text")), virtual, "not a JPEG"},
		{write(t, "a.mjpeg", huge(pic(t, 0))), virtual, "JPEG too large: no picture within the limit"},
		{empty, virtual, "no .jpg or .jpeg files in the folder"},
		{onlyTorn, virtual, "none of the 1 files is a whole JPEG (1 torn)"},
		{"/dev/null", virtual, "neither a file nor a folder"},
		{write(t, "a.mjpeg", pic(t, 0)), Options{FPS: -1}, "-1 frames per second is no pace"},
	} {
		_, err := Open(t.Context(), c.path, c.o)
		if err == nil || !strings.HasPrefix(err.Error(), "open recording "+c.path+": "+c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		} else if strings.Count(err.Error(), c.path) != 1 {
			t.Errorf("the path is not named once: %v", err)
		}
	}
}

func TestOpenUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	path := write(t, "a.mjpeg", pic(t, 0))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, virtual); err == nil || !strings.HasSuffix(err.Error(), ": permission denied") {
		t.Error(err)
	}
}

func TestWithoutFFmpeg(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	path := write(t, "a.mp4", []byte("whatever"))
	_, err := Open(t.Context(), path, virtual)
	want := "open recording " + path + ": it takes ffmpeg to read it, which is not installed"
	if err == nil || err.Error() != want || !strings.HasPrefix(hint.Own(err), "apt install ffmpeg") {
		t.Errorf("%v, hint %q", err, hint.Own(err))
	}
}

func TestNextAllocatesLittle(t *testing.T) {
	path := write(t, "a.mjpeg", pic(t, 0), pic(t, 1), pic(t, 2))
	c := openTest(t, path, Options{Pace: pace.Virtual, Loop: true})
	var f capture.Frame
	n := testing.AllocsPerRun(30, func() {
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func openTest(t *testing.T, path string, o Options) *Camera {
	t.Helper()
	c, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func drain(t *testing.T, c *Camera) []capture.Frame {
	t.Helper()
	var frames []capture.Frame
	for {
		var f capture.Frame
		if err := c.Next(t.Context(), &f); err == io.EOF {
			return frames
		} else if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
}

func write(t *testing.T, name string, parts ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, bytes.Join(parts, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pic is a picture that shows n.
func pic(t testing.TB, n int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 48, 32))
	for i := range m.Pix {
		m.Pix[i] = uint8(i*n + i/48*3)
	}
	m.Set(n, n, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// huge makes a picture claim 65535 x 65535 pixels.
func huge(img []byte) []byte {
	i := bytes.Index(img, []byte{0xFF, mjpeg.SOF0})
	copy(img[i+5:], "\xff\xff\xff\xff")
	return img
}

func (s Skipped) total() uint64 { return s.Torn + s.TooLarge + s.NotJPEG + s.Unreadable }

func torn(img []byte) []byte { return img[:len(img)-20] }
