package moment

import (
	"time"

	"signet/capture"
	"signet/capture/motion"
)

// Event is something that moved in front of the camera.
type Event struct {
	N                    uint64       // counted from 1 over the life of the Pipeline
	Start, End           capture.Mono // of the first and last frame of motion; End is the last until now
	StartFrame, EndFrame uint64       // their numbers, counted by the camera
}

// Thumbnail is a small picture of an event. Its JPEG is nil where there is none.
type Thumbnail struct {
	JPEG          []byte // belongs to the receiver
	Width, Height int    // pixels, at most ThumbWidth wide
	Frame         uint64 // number of the frame it shows
	At            time.Duration
	Boxes         []Box // what moved in it
}

// Part is a piece of an event's clip: a fragmented MP4 that plays alone.
type Part struct {
	Index      int           // counted from 0 through the event
	Data       []byte        // belongs to the receiver; at most MaxPart bytes
	MIME       string        // with the codecs parameter
	Start, End time.Duration // from Event.Start; negative before it
	Frames     int
}

// Box is where something moved, in ten-thousandths of the picture's width and height.
type Box struct {
	At         time.Duration // from Event.Start
	X, Y, W, H int           // 0 to 10000
}

// Facts is what is known of an event at its end.
type Facts struct {
	Score  float64 // 0..1, of the frame where most was to be seen
	Reason string  // "motion"
	Zone   string  // name of the watched zone in which most of the motion was; "" where there is none
	Boxes  []Box   // in order, at most MaxBoxes
}

// ReasonMotion is why an event was made. There is no other reason yet.
const ReasonMotion = "motion"

// MaxBoxes bounds the boxes of an event. They are taken twice a second, in long events less often.
const MaxBoxes = 64

// Sink is told of frames and events, from the pipeline's goroutine and in order. While it works no
// frame is taken from the camera.
type Sink interface {
	// Frame sees each readable frame, of the motion stream and of H.264. It is valid only during the call. Where nothing
	// happens, and in a pause, not every frame is decoded before: its headers and its end are there, but what it shows may be
	// damaged.
	Frame(f *capture.Frame)
	// Started says that e runs. t is the best picture of its first half second.
	Started(e Event, t Thumbnail)
	// Part delivers the next piece of e's clip.
	Part(e Event, p Part)
	// Ended says that e is over. t is the best picture of all.
	Ended(e Event, t Thumbnail, f Facts)
	// SceneChanged says that in the frame at the whole picture became another: a lamp was lit or put out, the IR-cut filter
	// moved, the lens was covered or the camera turned. That is no event, and may come before, within and after one. t is
	// a picture of the new scene, taken a second later, or has no JPEG where the camera stopped before; its At is from at on.
	SceneChanged(at motion.Stamp, t Thumbnail)
}
