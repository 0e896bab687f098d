// Package pace lets cameras that are not real deliver their frames in time: a recording, a generated
// scene.
package pace

import (
	"context"
	"math"
	"time"

	"signet/capture"
	"signet/internal/wait"
)

// Mode says by which clock frames come.
type Mode int

const (
	// Live delivers frame i when it is due, i/fps after the first, as a camera would.
	Live Mode = iota
	// Virtual delivers frames as fast as they are taken and stamps frame i with i/fps.
	Virtual
)

// Pacer holds frames back until they are due. It is not for concurrent use.
type Pacer struct {
	mode  Mode
	fps   float64
	start time.Time    // when frame 0 was due
	base  capture.Mono // of start
}

// New returns a pacer for fps frames a second. The first frame is due at once.
func New(mode Mode, fps float64) *Pacer {
	return &Pacer{mode: mode, fps: fps}
}

// due returns how long after frame 0 frame i is due.
func (p *Pacer) due(i uint64) time.Duration {
	return time.Duration(math.Round(float64(i) / p.fps * float64(time.Second)))
}

// Wait waits until frame i is due and returns its moment. Frames are counted from 0 and may be left out.
//
// Who comes too late by more than a frame moves all later frames by that much: what was missed is not made
// up for by a burst. It returns ctx.Err() when ctx ends first.
func (p *Pacer) Wait(ctx context.Context, i uint64) (capture.Mono, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	offset := p.due(i)
	if p.mode == Virtual {
		return capture.Mono(offset), nil
	}
	if p.start.IsZero() {
		p.start = time.Now().Add(-offset)
		p.base = capture.Now().Add(-offset)
	}
	early := time.Until(p.start.Add(offset))
	switch {
	case early < -p.due(1):
		p.start = p.start.Add(-early)
		p.base = p.base.Add(-early)
	case early > 0:
		if err := wait.For(ctx, early); err != nil {
			return 0, err
		}
	}
	return p.base.Add(offset), nil
}
