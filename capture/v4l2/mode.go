package v4l2

import (
	"fmt"
	"slices"
	"strings"

	"signet/capture"
)

// preferred lists the kernel's formats that are taken, the best first: JPEG is small on the bus and in
// memory, and what the clip is made of.
var preferred = []struct {
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

// chooseFormat returns the best of the formats that a driver names.
func chooseFormat(names []string) (fourCC string, err error) {
	for _, p := range preferred {
		if slices.Contains(names, p.fourCC) {
			return p.fourCC, nil
		}
	}
	if len(names) == 0 {
		return "", fmt.Errorf("the driver names no picture formats")
	}
	return "", fmt.Errorf("no usable picture format: the driver has %s", strings.Join(names, ", "))
}

// formatOf returns how frames of a kernel's format are to be read.
func formatOf(fourCC string) (capture.Format, bool) {
	for _, p := range preferred {
		if p.fourCC == fourCC {
			return p.format, true
		}
	}
	return "", false
}

// chooseSize returns the largest size that does not exceed the wanted one, else the smallest; the wanted
// one itself if the driver does not tell.
func chooseSize(sizes []frameSize, width, height int) (int, int) {
	bestW, bestH := 0, 0
	for _, s := range sizes {
		w, h := int(s.numbers[0]), int(s.numbers[1])
		if s.kind != sizeDiscrete {
			n := s.numbers
			return step(width, n[0], n[1], n[2]), step(height, n[3], n[4], n[5])
		}
		fits, bestFits := w <= width && h <= height, bestW <= width && bestH <= height
		switch {
		case w <= 0 || h <= 0:
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
