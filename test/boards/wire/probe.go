package wire

import "time"

// Seen is one line of what guest probe prints: exactly one of its fields is set. First comes Camera, then a Frame for
// each, and End.
type Seen struct {
	Camera *Camera `json:"camera,omitempty"`
	Frame  *Frame  `json:"frame,omitempty"`
	End    *End    `json:"end,omitempty"`
}

// Camera is what the driver was really set to.
type Camera struct {
	Name   string  `json:"name"`
	Driver string  `json:"driver"`
	Path   string  `json:"path"`
	Format string  `json:"format"`
	Width  int     `json:"width"`
	Height int     `json:"height"`
	FPS    float64 `json:"fps"`
	H264   bool    `json:"h264,omitempty"` // frames of H.264 come beside
}

// Frame is a picture that came.
type Frame struct {
	Seq   uint64        `json:"seq"`
	Mono  time.Duration `json:"mono"` // capture.Mono
	At    time.Duration `json:"at"`   // since the camera was opened
	Bytes int           `json:"bytes"`
	H264  bool          `json:"h264,omitempty"` // an access unit; the camera counts them by themselves
	Grey  []int         `json:"grey,omitempty"` // mean of each of Columns upright stripes, 0 to 255, lower half of the picture
	Error string        `json:"error,omitempty"`
}

// Columns is the number of stripes that Frame.Grey tells of: as many as a test picture has colour bars.
const Columns = 8

// End is how a probe ended.
type End struct {
	Why     string        `json:"why"`             // "enough", "time", "gone", "stalled", "failed"
	Error   string        `json:"error,omitempty"` // of Next or Open
	At      time.Duration `json:"at"`              // since the camera was opened
	Marked  uint64        `json:"marked"`          // capture.Skipped
	Empty   uint64        `json:"empty"`
	Torn    uint64        `json:"torn"`
	Uptime  time.Duration `json:"uptime"`   // CLOCK_MONOTONIC when it ended
	MaxFill time.Duration `json:"max_fill"` // longest time between two frames
}
