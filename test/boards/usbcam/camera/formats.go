package camera

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet/test/boards/usbcam/uvc"
)

// parseFormats reads a list of what the camera offers, in its order:
//
//	mjpeg,yuyv@5               all sizes that there are recordings of, at the usual rates; YUYV at 5/s only
//	mjpeg:640x480@30/10,h264   one size at 30 and, if asked, 10/s; H.264 on an interface of its own
//
// The result is the formats of each streaming interface.
func (c *Camera) parseFormats(list string) ([][]uvc.Format, error) {
	var pictures, films []uvc.Format
	for item := range strings.SplitSeq(list, ",") {
		f, err := c.parseFormat(strings.TrimSpace(item))
		if err != nil {
			return nil, fmt.Errorf("format %q: %w", item, err)
		}
		in := &pictures
		if f.Kind == uvc.H264 {
			in = &films
		}
		if i := slices.IndexFunc(*in, func(o uvc.Format) bool { return o.Kind == f.Kind }); i >= 0 {
			(*in)[i].Frames = append((*in)[i].Frames, f.Frames...)
		} else {
			*in = append(*in, f)
		}
	}
	var streams [][]uvc.Format
	for _, formats := range [][]uvc.Format{pictures, films} {
		if len(formats) > 0 {
			streams = append(streams, formats)
		}
	}
	d := uvc.Device{Version: uvc.V1_1, Streams: streams}
	return streams, d.Check()
}

// parseFormat reads KIND[:SIZE][@RATE/RATE...].
func (c *Camera) parseFormat(item string) (uvc.Format, error) {
	item, rates, _ := strings.Cut(item, "@")
	kind, size, _ := strings.Cut(item, ":")
	f := uvc.Format{Kind: uvc.Kind(kind)}
	var sizes []uvc.Size
	var intervals []time.Duration
	switch f.Kind {
	case uvc.MJPEG:
		intervals = rate(30, 15, 10, 5)
	case uvc.YUYV:
		intervals = rate(10, 5)
	case uvc.H264:
		if c.cfg.Film == nil {
			return f, fmt.Errorf("there is no recording of it")
		}
		if size != "" || rates != "" {
			return f, fmt.Errorf("size and rate are the recording's")
		}
		f.Frames = []uvc.Frame{{Size: c.cfg.Film.Size, Intervals: rate(c.cfg.FilmFPS)}}
		return f, nil
	default:
		return f, fmt.Errorf("must be mjpeg, yuyv or h264")
	}
	for _, p := range c.cfg.Pictures {
		if size == "" || size == p.Size.String() {
			sizes = append(sizes, p.Size)
		}
	}
	if len(sizes) == 0 {
		return f, fmt.Errorf("there is no recording of %s", cmp.Or(size, "any size"))
	}
	if rates != "" {
		intervals = nil
		for r := range strings.SplitSeq(rates, "/") {
			fps, err := strconv.ParseFloat(r, 64)
			if err != nil || fps < 0.1 || fps > 240 {
				return f, fmt.Errorf("rate %q: must be a number of frames a second, 0.1 to 240", r)
			}
			intervals = append(intervals, rate(fps)...)
		}
		slices.Sort(intervals)
	}
	for _, s := range sizes {
		f.Frames = append(f.Frames, uvc.Frame{Size: s, Intervals: intervals})
	}
	return f, nil
}

// rate makes frame intervals of frames a second, as USB can say them: in 100 ns.
func rate(fps ...float64) []time.Duration {
	var d []time.Duration
	for _, f := range fps {
		d = append(d, time.Duration(1e7/f)*100)
	}
	return d
}
