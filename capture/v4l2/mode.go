package v4l2

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/v4l2/uapi"
)

// usable lists the kernel's formats that are taken, the best first: JPEG is small on the bus and in memory, and what
// the clip is made of.
var usable = []struct {
	fourCC string
	format capture.Format
}{
	{"MJPG", capture.MJPEG},
	{"JPEG", capture.MJPEG},
	{"YUYV", capture.YUYV},
	{"UYVY", capture.UYVY},
	{"NV12", capture.NV12},
	{"YU12", capture.YU12},
	{"GREY", capture.GREY},
}

// chooseFormat returns the wanted one of the formats that a driver names, where it has that, else the best.
func chooseFormat(have []uapi.FormatDesc, wanted capture.Format) (fourCC uint32, err error) {
	if len(have) == 0 {
		return 0, errors.New("the driver names no picture formats")
	}
	best := len(usable)
	var names []string
	for _, h := range have {
		name := uapi.FourCCName(h.FourCC)
		names = append(names, name)
		for i, u := range usable {
			if u.fourCC != name {
				continue
			}
			if u.format == wanted {
				i -= len(usable)
			}
			if i < best {
				best, fourCC = i, h.FourCC
			}
		}
	}
	switch {
	case fourCC != 0:
		return fourCC, nil
	case slices.Contains(names, string(capture.H264)):
		return 0, errors.New("it has H.264 alone, in which motion cannot be found")
	}
	return 0, fmt.Errorf("no usable picture format: the driver has %s", strings.Join(names, ", "))
}

// formatOf returns how frames of a kernel's format are to be read.
func formatOf(fourCC uint32) (capture.Format, bool) {
	name := uapi.FourCCName(fourCC)
	for _, u := range usable {
		if u.fourCC == name {
			return u.format, true
		}
	}
	return capture.H264, name == string(capture.H264)
}

// Sizes that are asked for where nobody says: of JPEG what a clip shows well, of raw pictures what a USB 2 bus and a
// small processor bear.
func usualSize(f capture.Format) (width, height int) {
	if f == capture.MJPEG || f == capture.H264 {
		return 1280, 720
	}
	return 640, 480
}

// chooseSize returns the largest size that does not exceed the wanted one, else the smallest; the wanted
// one itself if the driver does not tell.
func chooseSize(sizes []uapi.FrameSize, width, height int) (int, int) {
	bestW, bestH := 0, 0
	for _, s := range sizes {
		w, h := int(s.N[0]), int(s.N[1])
		if s.Kind != uapi.Discrete {
			return step(width, s.N[0], s.N[1], s.N[2]), step(height, s.N[3], s.N[4], s.N[5])
		}
		fits, bestFits := w <= width && h <= height, bestW <= width && bestH <= height
		switch {
		case w <= 0 || h <= 0 || w > mjpeg.MaxSide || h > mjpeg.MaxSide: // no picture that could be read
		case bestW == 0,
			fits && !bestFits,
			fits && bestFits && w*h > bestW*bestH,
			!fits && !bestFits && w*h < bestW*bestH:
			bestW, bestH = w, h
		}
	}
	if bestW == 0 {
		return width, height
	}
	return bestW, bestH
}

// step moves v into [lo, hi] and down to a multiple of step above lo.
func step(v int, lo, hi, step uint32) int {
	v = min(max(v, int(lo)), max(int(hi), int(lo)))
	if step > 1 {
		v -= (v - int(lo)) % int(step)
	}
	return v
}
