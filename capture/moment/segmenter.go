package moment

import (
	"time"

	"signet/capture"
	"signet/capture/motion"
)

// Phase is where an event stands.
type Phase int

const (
	Idle     Phase = iota // nothing moves
	Opening               // motion is certain; the first half second is still to be shown
	Running               // something moves
	PostRoll              // nothing moves any more, the event waits for motion to return
)

// String returns the phase's name.
func (p Phase) String() string {
	return [...]string{"idle", "opening", "running", "post-roll"}[p]
}

// Step is what a frame changed.
type Step int

const (
	None    Step = iota
	Opened       // an event began; it is not yet announced
	Started      // it is to be announced
	Ended        // it is over; the next motion is another event
)

// openTime is how long the first picture is waited for, from the start of the motion.
const openTime = 500 * time.Millisecond

// Segmenter decides when events start and end. It knows of time and motion only, not of pictures.
// The zero Segmenter is idle. It is not for concurrent use.
type Segmenter struct {
	phase Phase
	event Event
}

// Phase returns where the event stands.
func (g *Segmenter) Phase() Phase { return g.phase }

// Event returns the running event, or the last one when idle.
func (g *Segmenter) Event() Event { return g.event }

// Step takes the next frame into account. moving says that motion was confirmed in it, since then tells
// since which frame. A motion that is older than the end of the last event belongs to a new one only
// from now on. An event that opens and is due at once gives Started without Opened.
func (g *Segmenter) Step(now motion.Stamp, moving bool, since motion.Stamp, s *Settings) Step {
	if g.phase == Idle {
		if !moving {
			return None
		}
		if g.event.N > 0 && since.At <= g.event.End {
			since = now
		}
		g.event = Event{
			N:     g.event.N + 1,
			Start: since.At, StartFrame: since.Seq,
			End: now.At, EndFrame: now.Seq,
		}
		g.phase = Opening
		if now.At.Sub(g.event.Start) < openTime {
			return Opened
		}
		g.phase = Running
		return Started
	}

	if moving {
		g.event.End, g.event.EndFrame = now.At, now.Seq
	}
	switch g.phase {
	case Opening:
		if now.At.Sub(g.event.Start) >= openTime {
			g.phase = Running
			return Started
		}
		return None
	case Running:
		if !moving {
			g.phase = PostRoll
		}
	case PostRoll:
		if moving {
			g.phase = Running
		}
	}
	over := g.phase == PostRoll && now.At.Sub(g.event.End) >= s.PostRoll
	if over || now.At.Sub(g.event.Start) >= s.MaxLength {
		g.phase = Idle
		return Ended
	}
	return None
}

// Stop ends the event at once. It is false when there is none.
func (g *Segmenter) Stop() bool {
	was := g.phase
	g.phase = Idle
	return was != Idle
}

// offset is a moment's distance from the event's start.
func (e *Event) offset(at capture.Mono) time.Duration { return at.Sub(e.Start) }
