package camera

import (
	"maps"
	"math"

	"signet/test/boards/usbcam/uvc"
)

// State is what there is to know about a camera. Numbers count since it was plugged in, but for Resets.
type State struct {
	Plugged    bool           `json:"plugged"`
	Port       int            `json:"port"`            // of the host controller; -1: never plugged in
	Bus        string         `json:"bus,omitempty"`   // bus id in sysfs: "3-1"
	Nodes      []string       `json:"nodes,omitempty"` // the kernel's, metadata nodes included
	Lost       string         `json:"lost,omitempty"`  // why the host controller let go, if it did
	Configured bool           `json:"configured"`      // by the host
	Resets     uint64         `json:"resets"`          // by the host, of a configured device, ever
	Stall      string         `json:"stall,omitempty"` // "payloads", or "all"
	Playing    bool           `json:"playing"`         // rather than held still
	Formats    string         `json:"formats"`         // for the next plugging in
	Streams    []StreamState  `json:"streams"`         // one a streaming interface
	Controls   map[string]int `json:"controls"`        // by V4L2's names
}

// StreamState is what there is to know about a stream.
type StreamState struct {
	Streaming bool    `json:"streaming"` // the host takes frames
	Format    string  `json:"format"`    // negotiated; empty before
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	FPS       float64 `json:"fps"`
	Position  int     `json:"position"` // in the recording, of the next frame
	Over      bool    `json:"over"`     // the recording is at its end
	Frames    uint64  `json:"frames"`   // sent
	Bytes     uint64  `json:"bytes"`    // of those, without payload headers
	Started   uint64  `json:"started"`  // how often the host began to stream
	Waiting   int     `json:"waiting"`  // transfers that wait for data
	Faults    faults  `json:"faults"`   // how many frames are still to be spoiled
}

// state must be called in the loop.
func (c *Camera) state() State {
	s := State{Port: c.port, Resets: c.resets, Playing: c.playing, Formats: c.formats}
	if c.lost != nil {
		s.Lost = c.lost.Error()
	}
	p := c.plugged
	if p == nil {
		return s
	}
	s.Plugged, s.Configured, s.Stall = true, p.configured != 0, string(p.stall)
	s.Controls = maps.Clone(p.controls.Values())
	for _, st := range p.streams {
		s.Streams = append(s.Streams, st.state())
	}
	return s
}

func (s *stream) state() StreamState {
	st := StreamState{
		Streaming: s.on, Position: s.reel.at, Over: s.reel.over,
		Frames: s.frames, Bytes: s.bytes, Started: s.started, Waiting: len(s.queue), Faults: s.faults,
	}
	if s.mode.Kind == uvc.H264 {
		st.Position, st.Over = s.film.at, s.film.over
	}
	if s.committed {
		st.Format, st.Width, st.Height = string(s.mode.Kind), s.mode.Width, s.mode.Height
		st.FPS = math.Round(1e3/s.mode.Interval.Seconds()) / 1e3
	}
	return st
}

// busOf returns the bus id of what is in a port.
func busOf(h Hub, port int) string {
	ports, err := h.Ports()
	if err != nil {
		return ""
	}
	for _, p := range ports {
		if p.Number == port {
			return p.Bus
		}
	}
	return ""
}
