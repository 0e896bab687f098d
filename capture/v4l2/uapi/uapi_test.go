package uapi

import (
	"os"
	"testing"
	"unsafe"
)

// The numbers of the calls hold the sizes of their structures. These are the kernel's, from its headers on 64 and on 32 bits.
func TestRequestNumbers(t *testing.T) {
	wide := unsafe.Sizeof(uintptr(0)) == 8
	for _, c := range []struct {
		name           string
		got            uintptr
		want64, want32 uintptr
	}{
		{"VIDIOC_QUERYCAP", vidiocQuerycap, 0x80685600, 0x80685600},
		{"VIDIOC_ENUM_FMT", vidiocEnumFmt, 0xc0405602, 0xc0405602},
		{"VIDIOC_G_FMT", vidiocGFmt, 0xc0d05604, 0xc0cc5604},
		{"VIDIOC_QUERYBUF", vidiocQuerybuf, 0xc0585609, 0xc0445609},
		{"VIDIOC_G_PARM", vidiocGParm, 0xc0cc5615, 0xc0cc5615},
		{"VIDIOC_G_CTRL", vidiocGCtrl, 0xc008561b, 0xc008561b},
		{"VIDIOC_S_CTRL", vidiocSCtrl, 0xc008561c, 0xc008561c},
		{"VIDIOC_QUERYCTRL", vidiocQueryctrl, 0xc0445624, 0xc0445624},
		{"VIDIOC_QUERYMENU", vidiocQuerymenu, 0xc02c5625, 0xc02c5625},
		{"VIDIOC_ENUM_FRAMESIZES", vidiocEnumFramesizes, 0xc02c564a, 0xc02c564a},
		{"VIDIOC_ENUM_FRAMEINTERVALS", vidiocEnumIntervals, 0xc034564b, 0xc034564b},
	} {
		want := c.want32
		if wide {
			want = c.want64
		}
		if c.got != want {
			t.Errorf("%s is %#x, the kernel's is %#x", c.name, c.got, want)
		}
	}
}

func TestFourCC(t *testing.T) {
	if c := FourCC("MJPG"); c != 0x47504a4d || FourCCName(c) != "MJPG" {
		t.Errorf("%#x, %s", c, FourCCName(c))
	}
	if s := FourCCName(0x01020304); s != "0x01020304" {
		t.Error(s)
	}
}

// The real kernel, as far as it goes without a camera: what is no video node knows none of this.
func TestNoVideoNode(t *testing.T) {
	n, err := Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := n.Capability(); err == nil {
		t.Error("the null device is a video node")
	}
	if len(n.Formats())+len(n.Controls())+len(n.Sizes(0)) > 0 || n.Rate() != 0 {
		t.Error("the null device has pictures")
	}
}
