package replay

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/pace"
)

// makeVideo lets ffmpeg make two seconds of a moving picture at 12 frames a second.
func makeVideo(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=12:duration=2"}, args...)
	if out, err := exec.Command("ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
		if strings.Contains(string(out), "Unknown encoder") {
			t.Skip("this ffmpeg cannot make ", name)
		}
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func TestVideo(t *testing.T) {
	for name, args := range map[string][]string{
		"a.avi": {"-c:v", "mjpeg", "-pix_fmt", "yuvj420p"},
		"a.mkv": {"-c:v", "mpeg4"},
		"-.mp4": {"-c:v", "mpeg4"},
	} {
		c := openTest(t, makeVideo(t, name, args...), virtual)
		if i := c.Info(); i.FPS != 12 || i.Width != 160 || i.Height != 120 || i.HasH264 {
			t.Errorf("%s: info %+v", name, i)
		}
		frames := drain(t, c)
		if len(frames) != 24 || c.Skipped().total() != 0 {
			t.Errorf("%s: %d frames, skipped %v", name, len(frames), c.Skipped())
		}
		var d luma.Decoder
		var p luma.Plane
		for i, f := range frames {
			if f.Seq != uint64(i) || f.Format != capture.MJPEG {
				t.Errorf("%s: frame %d: seq %d, %s", name, i, f.Seq, f.Format)
			}
			if err := d.Decode(&p, &f); err != nil {
				t.Errorf("%s: frame %d: %v", name, i, err)
			}
		}
	}
}

// H.264 comes as access units before the JPEG of the same picture, in both rounds of a loop.
func TestH264(t *testing.T) {
	for name, args := range map[string][]string{
		"as a camera sends it": {"-c:v", "libx264", "-bf", "0", "-g", "12"},
		"reordered":            {"-c:v", "libx264", "-bf", "2", "-g", "250"},
	} {
		path := makeVideo(t, "a.mp4", args...)
		c := openTest(t, path, Options{Pace: pace.Virtual, Loop: true})
		if i := c.Info(); !i.HasH264 || i.Format != capture.MJPEG {
			t.Fatalf("%s: info %+v", name, i)
		}
		var f capture.Frame
		keys := 0
		for i := range uint64(48) {
			for _, format := range []capture.Format{capture.H264, capture.MJPEG} {
				if err := c.Next(t.Context(), &f); err != nil {
					t.Fatalf("%s: frame %d: %v", name, i, err)
				}
				if f.Format != format || f.Seq != i || f.Width != 160 || f.Height != 120 {
					t.Fatalf("%s: %s of %dx%d with seq %d, want %s of frame %d", name, f.Format, f.Width, f.Height, f.Seq, format, i)
				}
				if format == capture.MJPEG {
					continue
				}
				if f.Key {
					keys++
				}
				types := nalTypes(f.Data)
				if types[0] != nalDelimiter || strings.Count(string(types), string(rune(nalDelimiter))) != 1 {
					t.Fatalf("%s: frame %d is not one access unit: NAL types %v", name, i, types)
				}
				if hasSPS := strings.ContainsRune(string(types), 7); f.Key != hasSPS || i%24 == 0 && !f.Key {
					t.Errorf("%s: frame %d: key %v, NAL types %v", name, i, f.Key, types)
				}
			}
		}
		if keys != 4 {
			t.Errorf("%s: %d key frames in two rounds", name, keys)
		}
	}
}

func TestBrokenVideo(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	for name, data := range map[string]string{"text.mp4": "not a video at all", "sound.wav": wav} {
		path := write(t, name, []byte(data))
		_, err := Open(t.Context(), path, virtual)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "open recording "+path+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wav is a file that ffmpeg reads, without a picture.
const wav = "RIFF\x2c\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x08\x00\x00\x00\x80\x80\x80\x80\x80\x80\x80\x80"

// Close leaves no process behind, in the middle of a video that is not read on.
func TestCloseReaps(t *testing.T) {
	path := makeVideo(t, "a.mp4", "-c:v", "libx264", "-bf", "0", "-g", "12")
	c := openTest(t, path, virtual)
	var f capture.Frame
	if err := c.Next(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	src := c.src.(*ffmpeg)
	pids := []int{src.jpegs.cmd.Process.Pid, src.h264.cmd.Process.Pid}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is still there: %v", pid, err)
		}
	}
}

// A read that waits for a child obeys the context, and the next read goes on.
func TestInterruptible(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	u := newUnitReader(r)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := interruptible(ctx, r, u.next); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	if _, err := w.WriteString("\x00\x00\x01\x09\x10\x00\x00\x01\x65x\x00\x00\x01\x09\x10"); err != nil {
		t.Fatal(err)
	}
	if unit, err := interruptible(t.Context(), r, u.next); err != nil || len(unit) != 10 {
		t.Errorf("%d bytes, %v", len(unit), err)
	}
}
