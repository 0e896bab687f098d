package moment

import (
	"signet/capture"
	"signet/capture/mjpeg"
)

// shower shows frames to a sink while a Pipeline is paused, and does nothing else with them.
type shower struct {
	h264 chain
}

func (w *shower) take(f *capture.Frame, count *counters, sink Sink) {
	count.frames.Add(1)
	switch f.Format {
	case capture.H264:
		whole, _, err := w.h264.accept(f)
		if err != nil {
			count.undecodable.Add(1)
			return
		}
		f = whole
	case capture.MJPEG:
		h, err := mjpeg.Parse(f.Data)
		if err != nil {
			count.torn.Add(1)
			return
		}
		f.Width, f.Height = h.Width, h.Height
	}
	sink.Frame(f)
}
