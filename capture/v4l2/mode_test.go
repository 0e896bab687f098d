package v4l2

import (
	"testing"
	"unsafe"

	"signet/capture"
)

// The numbers of the kernel's headers, on machines of 64 bits and of 32.
func TestRequests(t *testing.T) {
	wide := unsafe.Sizeof(uintptr(0)) == 8
	gFmt := uintptr(0xC0CC5604)
	if wide {
		gFmt = 0xC0D05604
	}
	for name, c := range map[string][2]uintptr{
		"QUERYCAP":        {vidiocQuerycap, 0x80685600},
		"ENUM_FMT":        {vidiocEnumFmt, 0xC0405602},
		"G_FMT":           {vidiocGFmt, gFmt},
		"G_PARM":          {vidiocGParm, 0xC0CC5615},
		"ENUM_FRAMESIZES": {vidiocEnumFramesizes, 0xC02C564A},
	} {
		if c[0] != c[1] {
			t.Errorf("VIDIOC_%s is %#x, want %#x", name, c[0], c[1])
		}
	}
	if at := unsafe.Offsetof(format{}.pix); wide && at != 8 || !wide && at != 4 {
		t.Errorf("the picture format lies at byte %d of v4l2_format", at)
	}
}

func TestChooseFormat(t *testing.T) {
	for want, names := range map[string][]string{
		"MJPG": {"YUYV", "MJPG", "H264"},
		"JPEG": {"NV12", "JPEG"},
		"YUYV": {"RGB3", "GREY", "YUYV"},
		"":     {"H264"},
	} {
		got, err := chooseFormat(names)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("of %v: %q, %v", names, got, err)
		}
	}
	if f, ok := formatOf("JPEG"); !ok || f != capture.MJPEG {
		t.Errorf("JPEG is read as %q", f)
	}
}

func TestChooseSize(t *testing.T) {
	discrete := []frameSize{size(1920, 1080), size(320, 240), size(640, 480), size(800, 448)}
	sensor := []frameSize{{kind: 3, numbers: [6]uint32{32, 2592, 16, 32, 1944, 2}}}
	any := []frameSize{{kind: 2, numbers: [6]uint32{2, 8192, 1, 1, 8192, 1}}}
	for _, c := range []struct {
		sizes        []frameSize
		w, h         int
		wantW, wantH int
	}{
		{discrete, 1280, 720, 800, 448},
		{discrete, 1920, 1080, 1920, 1080},
		{discrete, 700, 480, 640, 480},
		{discrete, 160, 120, 320, 240},
		{sensor, 1280, 720, 1280, 720},
		{sensor, 1285, 721, 1280, 720},
		{sensor, 4000, 4000, 2592, 1944},
		{any, 1279, 719, 1279, 719},
		{nil, 1280, 720, 1280, 720},
	} {
		if w, h := chooseSize(c.sizes, c.w, c.h); w != c.wantW || h != c.wantH {
			t.Errorf("for %dx%d: %dx%d, want %dx%d", c.w, c.h, w, h, c.wantW, c.wantH)
		}
	}
}

func TestNumber(t *testing.T) {
	if number("/dev/video10") != 10 || number("/dev/video2") != 2 || number("/dev/video-codec") < 1000 {
		t.Error("nodes are put in the wrong order")
	}
}
