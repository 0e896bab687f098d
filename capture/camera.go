// Package capture turns a camera into events.
//
// Data flows one way. A [Camera] yields frames; capture/luma makes a 1/8-scale grey picture of each;
// capture/motion finds what moves in it; capture/moment keeps compressed frames in a bounded ring,
// decides where an event starts and ends, and cuts its thumbnails and clip parts.
// Nothing here knows of keys, owners or networks: package agent joins capture with certs and uplink.
package capture

import (
	"context"
	"errors"
	"time"
)

// Errors that callers branch on.
var (
	// ErrGone says that the camera is no longer there (unplugged, file removed).
	ErrGone = errors.New("camera gone")
	// ErrStalled says that the camera is there but delivers nothing.
	ErrStalled = errors.New("camera delivers no frames")
)

// Format names how the bytes of a frame are to be read, by its V4L2 FourCC.
type Format string

// The formats that cameras deliver (linux/videodev2.h).
const (
	MJPEG Format = "MJPG" // one JPEG image a frame
	H264  Format = "H264" // one access unit a frame, Annex B
	YUYV  Format = "YUYV" // packed 4:2:2
	UYVY  Format = "UYVY" // packed 4:2:2
	NV12  Format = "NV12" // Y plane, then interleaved CbCr at half size
	YU12  Format = "YU12" // Y, Cb, Cr planes, chroma at half size
	GREY  Format = "GREY" // one byte a pixel
)

// Mono is a moment on the camera's monotonic clock: the time since an arbitrary start (on Linux
// CLOCK_MONOTONIC, as V4L2 stamps its buffers). It never jumps and is comparable within one boot only.
type Mono time.Duration

// Sub returns the time from u to m.
func (m Mono) Sub(u Mono) time.Duration { return time.Duration(m - u) }

// Add returns the moment d after m.
func (m Mono) Add(d time.Duration) Mono { return m + Mono(d) }

// Frame is one picture, or one H.264 access unit, as the camera gave it.
type Frame struct {
	Seq    uint64 // counted by the camera from 0; a jump by more than one is frames lost
	Mono   Mono   // when it was exposed, or as near to that as is known
	Format Format
	Width  int    // pixels
	Height int    // pixels
	Key    bool   // decodable by itself; always true but for H.264 delta frames
	Data   []byte // owned by whoever owns the Frame; Camera.Next writes into it, growing it as needed
}

// Info describes a camera as it was really set up, not as it was asked for.
type Info struct {
	Name      string  // for people: "Logitech C270", "onebyone.mjpeg", "generated room"
	Driver    string  // "uvcvideo", "replay", "scene"
	Path      string  // device node or file; empty for the generated scene
	Format    Format  // of the frames that motion is looked for in
	Width     int     // pixels; 0 until the first frame where only the stream tells
	Height    int     // pixels
	FPS       float64 // frames per second, nominal
	Generated bool    // not a real picture: a generated scene
	HasH264   bool    // frames of format H264 come beside those of Format
}

// Camera yields frames. It is used by one goroutine at a time.
//
// A camera that has an H.264 stream beside the one for motion yields both kinds of frame from Next,
// each with its own sequence, told apart by Frame.Format.
type Camera interface {
	// Info may be called at any time after the camera is open.
	Info() Info
	// Next waits for a frame and fills f, reusing f.Data. It paces itself: a recording played live
	// waits until each frame is due. It returns io.EOF at the end of a recording, an error wrapping
	// ErrGone or ErrStalled when the camera is to be opened anew, and ctx.Err() when ctx ends.
	Next(ctx context.Context, f *Frame) error
	// Close frees the camera. Next must not be running.
	Close() error
}

// Skipped counts frames that a camera's driver gave and that were no pictures, by reason, since the camera was opened.
type Skipped struct {
	Marked uint64 // by the driver, as broken
	Empty  uint64 // without a byte
	Torn   uint64 // broken off, or shorter than the format asks for
}

// Plus adds the counts of another camera, or of an earlier time.
func (s Skipped) Plus(t Skipped) Skipped {
	return Skipped{s.Marked + t.Marked, s.Empty + t.Empty, s.Torn + t.Torn}
}

// Skipper is a Camera that counts what it had to skip. Skipped may be called concurrently with Next.
type Skipper interface{ Skipped() Skipped }
