package live

import (
	"context"
	"log/slog"

	"signet/capture"
)

// shown is what one camera shows: its newest picture, and its H.264 where it has that.
type shown struct {
	number uint64 // of the camera
	feed   *feed
	video  *video
}

func newShown(number int, log *slog.Logger) *shown {
	log = log.With("camera", number)
	return &shown{number: uint64(number), feed: newFeed(log), video: newVideo()}
}

func (s *shown) offer(f *capture.Frame) {
	if f.Format == capture.H264 {
		s.video.offer(f)
		return
	}
	s.feed.offer(f)
}

func (s *shown) run(ctx context.Context) { s.feed.run(ctx) }
