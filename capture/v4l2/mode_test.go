package v4l2

import (
	"testing"

	"signet/capture"
	"signet/capture/v4l2/uapi"
)

func TestChooseFormat(t *testing.T) {
	for _, c := range []struct {
		have   []string
		wanted capture.Format
		want   string
	}{
		{[]string{"YUYV", "MJPG", "H264"}, "", "MJPG"},
		{[]string{"NV12", "JPEG"}, "", "JPEG"},
		{[]string{"RGB3", "GREY", "YUYV"}, "", "YUYV"},
		{[]string{"YUYV", "MJPG", "GREY"}, capture.GREY, "GREY"},
		{[]string{"YUYV", "JPEG", "MJPG"}, capture.MJPEG, "MJPG"},
		{[]string{"YUYV", "MJPG"}, capture.NV12, "MJPG"},
		{[]string{"YUYV", "H264"}, capture.H264, "YUYV"},
		{[]string{"H264"}, "", ""},
		{[]string{"RG10"}, capture.YUYV, ""},
		{nil, "", ""},
	} {
		var have []uapi.FormatDesc
		for _, n := range c.have {
			have = append(have, uapi.FormatDesc{FourCC: uapi.FourCC(n)})
		}
		got, err := chooseFormat(have, c.wanted)
		if c.want == "" && err == nil || c.want != "" && (err != nil || got != uapi.FourCC(c.want)) {
			t.Errorf("%q of %v: %s, %v", c.wanted, c.have, uapi.FourCCName(got), err)
		}
	}
	if f, ok := formatOf(uapi.FourCC("JPEG")); !ok || f != capture.MJPEG {
		t.Errorf("JPEG is read as %q", f)
	}
}

func TestChooseSize(t *testing.T) {
	discrete := []uapi.FrameSize{size(1920, 1080), size(320, 240), size(640, 480), size(800, 448)}
	sensor := []uapi.FrameSize{{Kind: 3, N: [6]uint32{32, 2592, 16, 32, 1944, 2}}}
	any := []uapi.FrameSize{{Kind: 2, N: [6]uint32{2, 8192, 1, 1, 8192, 1}}}
	for _, c := range []struct {
		sizes        []uapi.FrameSize
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

// What is chosen for a camera that says what it has is what Open asks it for.
func TestChoose(t *testing.T) {
	have := []uapi.FormatDesc{{FourCC: uapi.FourCC("YUYV")}, {FourCC: uapi.FourCC("MJPG")}}
	sizes := func(fourCC uint32) []uapi.FrameSize {
		if fourCC == uapi.FourCC("YUYV") {
			return []uapi.FrameSize{size(320, 240), size(640, 480), size(1280, 720)}
		}
		return []uapi.FrameSize{size(640, 480), size(800, 600), size(1920, 1080)}
	}
	for _, c := range []struct {
		o    Options
		want Mode
	}{
		{Options{}, Mode{"MJPG", capture.MJPEG, 800, 600}},
		{Options{Format: capture.YUYV}, Mode{"YUYV", capture.YUYV, 640, 480}},
		{Options{Width: 1920, Height: 1080}, Mode{"MJPG", capture.MJPEG, 1920, 1080}},
	} {
		if m, err := Choose(have, sizes, c.o); err != nil || m != c.want {
			t.Errorf("%+v: %+v, %v", c.o, m, err)
		}
	}
	if _, err := Choose(have[:0], sizes, Options{}); err == nil {
		t.Error("a mode of nothing")
	}
	if !Usable(uapi.FourCC("H264")) || Usable(uapi.FourCC("RG10")) {
		t.Error("the wrong formats are usable")
	}
}
