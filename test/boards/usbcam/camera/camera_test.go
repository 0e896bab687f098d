package camera_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/capture/mjpeg"
	"signet/test/boards/usbcam/camera"
	"signet/test/boards/usbcam/footage"
	"signet/test/boards/usbcam/usbip"
	"signet/test/boards/usbcam/uvc"
)

var vga = uvc.Size{Width: 320, Height: 240} // three transfers a frame

func TestPlaysAtItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film := pictures(t, vga, 6)
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{film}, Formats: "mjpeg", FPS: 10, Loop: true})
		k.plug()
		v := k.stream(0, 1, 1, 10)
		if got := which(film, k.frames(v, 8)); got != "01234501" {
			t.Errorf("at 10/s: pictures %s", got)
		}
		for i := 1; i < len(v.times); i++ {
			if d := v.times[i].Sub(v.times[i-1]); d != 100*time.Millisecond {
				t.Errorf("frame %d after %v", i, d)
			}
		}
		k.stop(v)
		k.do("rewind")
		v = k.stream(0, 1, 1, 30)
		if got := which(film, k.frames(v, 9)); got != "000011122" { // 3 intervals of USB are not quite 1/10 s
			t.Errorf("at 30/s: pictures %s", got)
		}
		k.stop(v)
		k.do("rewind")
		v = k.stream(0, 1, 1, 5)
		if got := which(film, k.frames(v, 4)); got != "0240" {
			t.Errorf("at 5/s: pictures %s", got)
		}
	})
}

func TestHoldPlayFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film := pictures(t, vga, 5)
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{film}, Formats: "mjpeg", Hold: true})
		k.plug()
		v := k.stream(0, 1, 1, 10)
		got := which(film, k.frames(v, 3))
		k.do("play")
		got += " " + which(film, k.frames(v, 3))
		k.do("freeze")
		got += " " + which(film, k.frames(v, 2))
		k.do("play")
		got += " " + which(film, k.frames(v, 4))
		if want := "000 012 33 3444"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if s := k.state(); !s.Streams[0].Over || !s.Playing {
			t.Errorf("at the end: %+v", s)
		}
		k.do("rewind")
		if got := which(film, k.frames(v, 2)); got != "01" {
			t.Errorf("after rewind: %s", got)
		}
	})
}

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film := pictures(t, vga, 1)
		img := film.Images[0]
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{film}, Formats: "mjpeg"})
		k.plug()
		v := k.stream(0, 1, 1, 10)
		good := func(n int) {
			t.Helper()
			for i, f := range k.frames(v, n) {
				if !bytes.Equal(f, img) {
					t.Errorf("good frame %d of %d has %d bytes of %d", i, n, len(f), len(img))
				}
			}
		}
		good(2)
		k.do("torn 2")
		for _, f := range k.frames(v, 2) {
			if !bytes.Equal(f, img[:len(img)/2]) {
				t.Errorf("torn frame of %d bytes, whole ones have %d", len(f), len(img))
			}
		}
		good(2)
		k.do("padding 1")
		if f := k.frames(v, 1)[0]; len(f) <= len(img) || !bytes.HasPrefix(f, img) || len(bytes.Trim(f[len(img):], "\x00")) > 0 {
			t.Errorf("padded frame of %d bytes", len(f))
		}
		k.do("twoimages 1")
		if f := k.frames(v, 1)[0]; !bytes.Equal(f, slices.Concat(img, img)) {
			t.Errorf("two images of %d bytes", len(f))
		}
		k.do("garbage 1")
		if _, _, err := mjpeg.Check(k.frames(v, 1)[0]); err == nil {
			t.Error("garbage is a JPEG")
		}
		good(1)
		k.do("nohuffman on")
		for _, f := range k.frames(v, 2) {
			h, n, err := mjpeg.Check(f)
			if err != nil || n != len(f) || h.HasTables || h.Width != vga.Width {
				t.Errorf("without tables: %+v, %d of %d bytes, %v", h, n, len(f), err)
			}
		}
		k.do("nohuffman off")
		good(1)
		if s := k.state().Streams[0]; s.Faults.Torn+s.Faults.Garbage+s.Faults.Padding+s.Faults.TwoImages != 0 || s.Frames != 13 {
			t.Errorf("%+v", s)
		}
	})
}

// TestBits: what is wrong with the headers and not with the picture.
func TestBits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film := pictures(t, vga, 1)
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{film}, Formats: "mjpeg", Timed: true})
		k.plug()
		v := k.stream(0, 1, 1, 10)
		k.frames(v, 1)
		k.do("noeof 1")
		// It is complete when the next one begins, and then at once.
		if got := which(film, k.frames(v, 3)); got != "000" {
			t.Errorf("frames %s", got)
		}
		if d := v.times[1].Sub(v.times[0]); d != 200*time.Millisecond {
			t.Errorf("a frame without end came after %v", d)
		}
		k.do("err 2")
		k.frames(v, 1)
		if d := v.times[4].Sub(v.times[3]); d != 300*time.Millisecond || v.rx.Failed != 6 {
			t.Errorf("after two frames in error one came after %v; %d payloads were marked", d, v.rx.Failed)
		}
	})
}

// TestStopAndGo: what was taken back is not answered, and the next frame is whole.
func TestStopAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film := pictures(t, uvc.Size{Width: 640, Height: 480}, 9) // more transfers a frame than wait at once
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{film}, Formats: "mjpeg"})
		k.plug()
		for i := range 5 {
			v := k.stream(0, 1, 1, 10)
			if got := which(film, k.frames(v, 1)); got == "?" {
				t.Errorf("the first frame of stream %d is none", i)
			}
			for range i { // in the middle of a frame too
				k.next()
			}
			k.stop(v)
			if n := k.host.Pending(); n != 0 {
				t.Errorf("%d transfers are left", n)
			}
			if s := k.state().Streams[0]; s.Streaming || s.Waiting != 0 || s.Started != uint64(i+1) {
				t.Errorf("stopped: %+v", s)
			}
		}
		// A transfer that is done is not taken back again.
		v := k.stream(0, 1, 1, 10)
		k.frames(v, 1)
		if _, err := k.host.Unlink(1); err != nil {
			t.Fatal(err)
		}
		k.frames(v, 1)
	})
}

func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film := pictures(t, vga, 1)
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{film}, Formats: "mjpeg"})
		k.plug()
		v := k.stream(0, 1, 1, 10)
		k.frames(v, 2)
		k.do("stall")
		frames := len(v.rx.Frames)
		brightness := usbip.Setup{Type: interfaceIn, Request: uvc.GetCur, Value: 2 << 8, Index: 2 << 8, Length: 2}
		for range 10 {
			time.Sleep(time.Second)
			k.must(brightness, nil)
		}
		if n := len(v.rx.Frames) - frames; n > 1 { // one was on its way
			t.Errorf("%d frames while stalled", n)
		}
		k.do("go")
		k.frames(v, 2)

		k.do("stall-hard")
		seq := k.submit(0, true, brightness, 2, nil)
		synctest.Wait()
		if s := k.state(); s.Stall != "all" {
			t.Errorf("%+v", s)
		}
		if _, err := k.cam.Do(t.Context(), "go"); err == nil {
			t.Error("go ended a hard stall")
		}
		// The kernel gives up, takes everything back, and resets the port.
		v.streaming = false
		unlink, err := k.host.Unlink(seq)
		if err != nil {
			t.Fatal(err)
		}
		for k.answer[unlink].Seq == 0 && k.next() {
		}
		for seq := range v.under {
			if _, err := k.host.Unlink(seq); err != nil {
				t.Fatal(err)
			}
		}
		if _, ok := k.answer[seq]; ok {
			t.Error("a request was answered in a hard stall")
		}
		k.enumerate()
		if s := k.state(); s.Stall != "" || s.Resets != 1 || !s.Configured {
			t.Errorf("after a reset: %+v", s)
		}
		k.frames(k.stream(0, 1, 1, 10), 2)
	})
}

func TestReplug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film, small := pictures(t, vga, 9), gray(t, 3)
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{film, small}, Formats: "mjpeg"})
		k.plug()
		k.frames(k.stream(0, 1, 1, 10), 3)
		if _, err := k.cam.Do(t.Context(), "plug"); err == nil {
			t.Error("plugged in twice")
		}
		k.do("formats mjpeg:32x16@5,yuyv:32x16")
		k.do("unplug")
		for k.next() {
		}
		if s := k.state(); s.Plugged || s.Lost != "" {
			t.Errorf("%+v", s)
		}
		for _, command := range []string{"unplug", "stall", "torn 1", "wait 1"} {
			if _, err := k.cam.Do(t.Context(), command); err == nil {
				t.Errorf("%s while unplugged", command)
			}
		}
		k.plug()
		v := k.stream(0, 1, 1, 30)
		k.frames(v, 2)
		if s := k.state().Streams[0]; s.Width != 32 || s.FPS != 5 || s.Position != 2 {
			t.Errorf("%+v", s)
		}
		// The host controller lets go by itself.
		k.host.Close()
		synctest.Wait()
		if s := k.state(); s.Plugged || s.Lost == "" {
			t.Errorf("%+v", s)
		}
		k.plug()
	})
}

func TestYUYV(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film := gray(t, 4)
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{film}, Formats: "mjpeg,yuyv@5", FPS: 5, Loop: true})
		k.plug()
		v := k.stream(0, 2, 1, 5)
		for i, f := range k.frames(v, 6) {
			want, err := footage.AppendYUYV(nil, film.Images[i%4])
			if err != nil {
				t.Fatal(err)
			}
			if len(f) != 2*32*16 || !bytes.Equal(f, want) {
				t.Errorf("frame %d: %d bytes % x, want % x", i, len(f), f[:4], want[:4])
			}
		}
		if got, want := v.times[5].Sub(v.times[0]), time.Second; got != want {
			t.Errorf("six frames in %v, want %v", got, want)
		}
		k.do("torn 1")
		if f := k.frames(v, 1)[0]; len(f) != 32*16 {
			t.Errorf("torn frame of %d bytes", len(f))
		}
		k.do("freeze")
		if f := k.frames(v, 3); !bytes.Equal(f[1], f[2]) {
			t.Error("frozen pictures differ")
		}
	})
}

// h264 makes a recording: key, delta, delta, key, delta; one letter each.
func h264() *footage.H264 {
	b := func(s string) [][]byte { return [][]byte{[]byte(s)} }
	return &footage.H264{
		Size:   uvc.Size{Width: 64, Height: 48},
		Params: b("P"),
		Units: []footage.Unit{
			{Params: b("P"), Rest: b("K"), Key: true}, {Rest: b("a")}, {Rest: b("b")}, {Rest: b("L"), Key: true}, {Rest: b("c")},
		},
	}
}

func TestH264(t *testing.T) {
	for _, once := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			film := pictures(t, vga, 2)
			k := start(t, camera.Config{
				Pictures: []*footage.JPEGs{film}, Film: h264(), FilmFPS: 10, Loop: true, Formats: "mjpeg,h264", ParamsOnce: once,
			})
			k.plug()
			k.frames(k.stream(0, 1, 1, 10), 1) // both at once
			v := k.stream(1, 1, 1, 10)
			got := string(bytes.Join(k.frames(v, 7), nil))
			k.do("freeze")
			got += " " + string(bytes.Join(k.frames(v, 2), nil))
			k.stop(v)
			k.do("play")
			v = k.stream(1, 1, 1, 10)
			got += " " + string(bytes.Join(k.frames(v, 2), nil))
			want := "PKabPLcPKa PKPK PKa"
			if once {
				want = "PKabLcKa KK PKa"
			}
			if got != want {
				t.Errorf("parameters once %v: %s, want %s", once, got, want)
			}
		})
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{pictures(t, vga, 1)}, Formats: "mjpeg"})
		k.plug()
		v := k.stream(0, 1, 1, 10)
		done := make(chan error, 1)
		go func() {
			_, err := k.cam.Do(t.Context(), "wait 3")
			done <- err
		}()
		synctest.Wait()
		k.frames(v, 5)
		if err := <-done; err != nil {
			t.Error(err)
		}
		go func() {
			_, err := k.cam.Do(t.Context(), "wait 1000")
			done <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := k.cam.Do(ctx, "wait 1000"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who waits cannot give up: %v", err)
		}
		k.do("unplug")
		if err := <-done; err == nil {
			t.Error("waited for frames of a camera that is unplugged")
		}
	})
}

// TestRequestsRefused: what a camera does not have it stalls, and lives on.
func TestRequestsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{pictures(t, vga, 1)}, Formats: "mjpeg"})
		k.plug()
		for name, s := range map[string]usbip.Setup{
			"device qualifier":   {Type: 0x80, Request: 6, Value: 0x600, Length: 10},
			"configuration 2":    {Request: 9, Value: 2},
			"alternate setting":  {Type: 1, Request: 11, Value: 1, Index: 1},
			"vendor's":           {Type: 0xC0, Request: 1, Length: 4},
			"to an endpoint":     {Type: 0xA2, Request: uvc.GetCur, Index: 0x81, Length: 1},
			"unit 9":             {Type: interfaceIn, Request: uvc.GetCur, Value: 0x200, Index: 0x900, Length: 2},
			"interface 9":        {Type: interfaceIn, Request: uvc.GetCur, Value: 0x100, Index: 9, Length: 26},
			"setting by reading": {Type: interfaceIn, Request: uvc.SetCur, Value: 0x200, Index: 0x200, Length: 2},
			"probe's resolution": {Type: interfaceIn, Request: uvc.GetRes, Value: 0x100, Index: 1, Length: 26},
		} {
			if b, err := k.control(s, nil); err != errStalled {
				t.Errorf("%s: % x, %v", name, b, err)
			}
		}
		set := usbip.Setup{Type: interfaceOut, Request: uvc.SetCur, Value: 3 << 8, Index: 2 << 8, Length: 2}
		if _, err := k.control(set, []byte{99, 0}); err != errStalled {
			t.Errorf("contrast 99: %v", err)
		}
		why := k.must(usbip.Setup{Type: interfaceIn, Request: uvc.GetCur, Value: 2 << 8, Length: 1}, nil)
		if !bytes.Equal(why, []byte{byte(uvc.OutOfRange)}) {
			t.Errorf("why: % x", why)
		}
		k.must(set, []byte{12, 0})
		if v := k.state().Controls["contrast"]; v != 12 {
			t.Errorf("contrast %d", v)
		}
		k.frames(k.stream(0, 1, 1, 10), 2)
	})
}

func TestFormats(t *testing.T) {
	film, small := pictures(t, vga, 1), gray(t, 1)
	for list, want := range map[string]string{
		"mjpeg,yuyv@5,mjpeg:32x16@1/2": "",
		"h264":                         "",
		"":                             "must be mjpeg",
		"mjpeg,vp9":                    "must be mjpeg",
		"mjpeg:640x480":                "no recording of 640x480",
		"mjpeg@0":                      "rate",
		"mjpeg@x":                      "rate",
		"h264@5":                       "the recording's",
	} {
		_, err := camera.New(camera.Config{Pictures: []*footage.JPEGs{film, small}, Film: h264(), FilmFPS: 10, Formats: list})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", list, err, want)
		}
	}
	if _, err := camera.New(camera.Config{Pictures: []*footage.JPEGs{film, film}, Formats: "mjpeg"}); err == nil {
		t.Error("two recordings of a size")
	}
}

func TestCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := start(t, camera.Config{Pictures: []*footage.JPEGs{pictures(t, vga, 1)}, Formats: "mjpeg"})
		k.plug()
		for _, command := range []string{
			"", "jump", "torn", "torn 0", "torn x", "torn 1 1", "torn 1 2 3", "nohuffman", "nohuffman yes", "formats vp9", "plug x", "wait -1",
		} {
			if answer, err := k.cam.Do(t.Context(), command); err == nil {
				t.Errorf("%q: %q", command, answer)
			}
		}
		for line := range strings.Lines(camera.Help()) {
			if name, usage, _ := strings.Cut(line, " "); name == "" || !strings.Contains(usage, ":") {
				t.Errorf("help %q", line)
			}
		}
	})
}
