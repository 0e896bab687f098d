package uvc

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func frames(sizes ...Size) []Frame {
	var f []Frame
	for _, s := range sizes {
		f = append(f, Frame{s, []time.Duration{33333300, 100 * time.Millisecond}})
	}
	return f
}

var (
	vga = Size{640, 480}
	hd  = Size{1280, 720}
)

func full() *Device {
	return &Device{
		Vendor: 0x046d, Product: 0x0825, Maker: "Maker", Name: "Kamera für Höfe", Serial: "0001", Version: V1_1,
		Streams: [][]Format{
			{{MJPEG, frames(vga, hd)}, {YUYV, frames(vga)}},
			{{H264, frames(hd)}},
		},
	}
}

// bundle is a descriptor and, if it is a header, what belongs to it.
func split(t *testing.T, b []byte) [][]byte {
	t.Helper()
	var all [][]byte
	for len(b) > 0 {
		n := int(b[0])
		if n < 2 || n > len(b) {
			t.Fatalf("a descriptor of %d bytes, %d are left: % x", n, len(b), b)
		}
		all, b = append(all, b[:n]), b[n:]
	}
	return all
}

// TestConfiguration reads the descriptors as a driver does: lengths, totals, counts, numbers that refer to others.
func TestConfiguration(t *testing.T) {
	d := full()
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	b := d.Descriptor(typeConfig, 0)
	if total := int(binary.LittleEndian.Uint16(b[2:])); total != len(b) {
		t.Errorf("total length %d of %d bytes", total, len(b))
	}
	interfaces, endpoints, left, formats, framesLeft := 0, 0, 0, 0, 0
	var sourceOf []byte
	units := map[byte]bool{}
	streaming := false
	var seen []string
	for i, x := range split(t, b) {
		if left > 0 {
			if left -= len(x); left < 0 {
				t.Errorf("descriptor %d goes over its header's total length", i)
			}
		} else if x[1] == typeClass && !(x[2] == vcHeader) {
			t.Errorf("descriptor %d (% x) is outside of its header's total length", i, x)
		}
		switch {
		case x[1] == typeAssociation:
			if x[2] != 0 || x[3] != 3 || x[4] != classVideo {
				t.Errorf("association % x", x)
			}
		case x[1] == typeInterface:
			if int(x[2]) != interfaces {
				t.Errorf("interface %d comes as number %d", x[2], interfaces)
			}
			interfaces++
			streaming = x[6] == subclassStreaming
		case x[1] == typeEndpoint:
			endpoints++
			if x[2] != 0x80|byte(endpoints) || x[3] != bulk || len(x) != 7 {
				t.Errorf("endpoint % x", x)
			}
		case !streaming && x[2] == vcHeader:
			left = int(binary.LittleEndian.Uint16(x[5:])) - len(x)
			if x[11] != 2 || !slices.Equal(x[12:], []byte{1, 2}) {
				t.Errorf("streaming interfaces % x", x[11:])
			}
		case !streaming:
			units[x[3]] = true
			switch x[2] {
			case vcInputTerminal:
				if len(x) != 15+int(x[14]) {
					t.Errorf("camera terminal % x", x)
				}
			case vcProcessingUnit:
				if len(x) != 10+int(x[7]) {
					t.Errorf("processing unit % x", x)
				}
				sourceOf = append(sourceOf, x[4])
			case vcOutputTerminal:
				if len(x) != 9 {
					t.Errorf("output terminal % x", x)
				}
				sourceOf = append(sourceOf, x[7])
			}
		case x[2] == vsInputHeader:
			formats = int(x[3])
			left = int(binary.LittleEndian.Uint16(x[4:])) - len(x)
			if len(x) != 13+formats*int(x[12]) || int(x[6]) != 0x80|(endpoints+1) || !units[x[8]] {
				t.Errorf("streaming header % x", x)
			}
		case x[2] == vsFormatMJPEG, x[2] == vsFormatUncompressed, x[2] == vsFormatFrameBased:
			if framesLeft != 0 {
				t.Errorf("%d frames less than announced", framesLeft)
			}
			formats--
			framesLeft = int(x[4])
			if want := map[byte]int{vsFormatMJPEG: 11, vsFormatUncompressed: 27, vsFormatFrameBased: 28}[x[2]]; len(x) != want {
				t.Errorf("format of %d bytes, want %d", len(x), want)
			}
		case x[2] == vsFrameMJPEG, x[2] == vsFrameUncompressed, x[2] == vsFrameFrameBased:
			framesLeft--
			at := 25
			if x[2] == vsFrameFrameBased {
				at = 21
			}
			if len(x) != 26+4*int(x[at]) {
				t.Errorf("frame of %d bytes with %d intervals", len(x), x[at])
			}
			seen = append(seen, fmt.Sprintf("%x %dx%d %d", x[2], binary.LittleEndian.Uint16(x[5:]),
				binary.LittleEndian.Uint16(x[7:]), binary.LittleEndian.Uint32(x[26:])))
		}
	}
	if int(b[4]) != interfaces || interfaces != 3 || endpoints != 2 || left != 0 || formats != 0 || framesLeft != 0 {
		t.Errorf("interfaces %d of %d, endpoints %d, bytes left %d, formats left %d, frames left %d",
			interfaces, b[4], endpoints, left, formats, framesLeft)
	}
	for _, s := range sourceOf {
		if !units[s] {
			t.Errorf("unit %d is a source and does not exist", s)
		}
	}
	want := []string{"7 640x480 333333", "7 1280x720 333333", "5 640x480 333333", "11 1280x720 333333"}
	if !slices.Equal(seen, want) {
		t.Errorf("frames %q, want %q", seen, want)
	}
}

func TestVersion10(t *testing.T) {
	d := full()
	d.Version, d.Streams = V1_0, d.Streams[:1]
	for _, x := range split(t, d.Descriptor(typeConfig, 0)) {
		if x[1] == typeClass && x[2] == vcProcessingUnit && len(x) > 3 && x[3] == idProcessing && len(x) != 9+int(x[7]) {
			t.Errorf("processing unit of UVC 1.0: % x", x)
		}
	}
}

func TestStrings(t *testing.T) {
	d := full()
	dev := d.Descriptor(typeDevice, 0)
	if len(dev) != 18 || binary.LittleEndian.Uint16(dev[8:]) != 0x046d || binary.LittleEndian.Uint16(dev[10:]) != 0x0825 {
		t.Errorf("device % x", dev)
	}
	s := d.Descriptor(typeString, dev[15])
	if len(s) != 2+2*len([]rune(d.Name)) || s[2] != 'K' || binary.LittleEndian.Uint16(s[2+2*8:]) != 'ü' {
		t.Errorf("name % x", s)
	}
	d.Serial = ""
	if dev := d.Descriptor(typeDevice, 0); dev[16] != 0 {
		t.Errorf("a camera without a serial number has string %d for it", dev[16])
	}
	if d.Descriptor(typeString, 3) != nil || d.Descriptor(typeString, 77) != nil || d.Descriptor(6, 0) != nil {
		t.Error("there are descriptors that do not exist")
	}
	if b := text(strings.Repeat("x", 500)); len(b) != int(b[0]) || len(b) > 255 {
		t.Errorf("a long text makes %d bytes", len(b))
	}
}

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(d *Device){
		"no streams":       func(d *Device) { d.Streams = nil },
		"no formats":       func(d *Device) { d.Streams = [][]Format{{}} },
		"no sizes":         func(d *Device) { d.Streams = [][]Format{{{Kind: MJPEG}}} },
		"no rates":         func(d *Device) { d.Streams = [][]Format{{{MJPEG, []Frame{{Size: vga}}}}} },
		"H.264 in UVC 1.0": func(d *Device) { d.Version = V1_0 },
	} {
		d := full()
		change(d)
		if d.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
