package moment

import (
	"slices"
	"time"

	"signet/capture"
	"signet/capture/motion"
)

// gatherer collects the facts of an event.
type gatherer struct {
	score   float64
	boxes   []Box
	samples []int // index of each sample's first box
	every   time.Duration
	last    capture.Mono
	zones   []share // at most motion.MaxZones, but for an event in which they are changed
}

// share is how much of an event was in a zone.
type share struct {
	zone  string
	cells int // that moved, summed over frames
}

const (
	sampleEvery    = 500 * time.Millisecond
	boxesPerSample = 4
)

func (g *gatherer) reset() {
	g.score, g.boxes, g.samples, g.every, g.last = 0, g.boxes[:0], g.samples[:0], sampleEvery, 0
	g.zones = g.zones[:0]
}

// add takes up a frame in which something moves.
func (g *gatherer) add(e *Event, f *capture.Frame, r *motion.Result) {
	g.score = max(g.score, r.Score)
	for i := range r.Regions {
		g.locate(&r.Regions[i])
	}
	if len(g.samples) > 0 && f.Mono.Sub(g.last) < g.every {
		return
	}
	g.last = f.Mono
	regions := r.Regions[:min(len(r.Regions), boxesPerSample)]
	if len(g.boxes)+len(regions) > MaxBoxes {
		g.thin()
	}
	g.samples = append(g.samples, len(g.boxes))
	g.boxes = appendBoxes(g.boxes, e.offset(f.Mono), f, regions)
}

// locate adds a region to its zone.
func (g *gatherer) locate(r *motion.Region) {
	if r.Zone == "" {
		return
	}
	i := slices.IndexFunc(g.zones, func(s share) bool { return s.zone == r.Zone })
	if i < 0 {
		i, g.zones = len(g.zones), append(g.zones, share{zone: r.Zone})
	}
	g.zones[i].cells += r.Cells
}

// zone is where most of the motion was.
func (g *gatherer) zone() string {
	var most share
	for _, s := range g.zones {
		if s.cells > most.cells {
			most = s
		}
	}
	return most.zone
}

// thin drops every second sample and doubles the time between them.
func (g *gatherer) thin() {
	kept := 0
	n := 0
	for i, first := range g.samples {
		end := len(g.boxes)
		if i+1 < len(g.samples) {
			end = g.samples[i+1]
		}
		if i%2 == 0 {
			g.samples[kept] = n
			kept++
			n += copy(g.boxes[n:], g.boxes[first:end])
		}
	}
	g.samples, g.boxes = g.samples[:kept], g.boxes[:n]
	g.every *= 2
}

func (g *gatherer) facts() Facts {
	return Facts{Score: g.score, Reason: ReasonMotion, Zone: g.zone(), Boxes: append([]Box(nil), g.boxes...)}
}
