package mail

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"signet/certs"
	"signet/cloud/limit"
)

const (
	maxAwake = 1 << 16 // cameras that are remembered to be connected
	maxLine  = 1 << 14 // cameras that wait to be looked at
	// connects is how often a camera is looked at because it says that it is connected, connectsAtOnce before that. Beyond,
	// its mail waits for the next round.
	connects       = 10 * time.Second
	connectsAtOnce = 16
)

// awake remembers which connected cameras have mail that is not in force yet, and has them wait in line to be looked at:
// each once, however often it asks, so that none holds up the others. It may be used concurrently.
type awake struct {
	often *limit.Keyed[certs.DeviceID]
	line  chan certs.DeviceID

	mu     sync.Mutex
	unmet  map[certs.DeviceID]bool // false: nothing to send
	inLine map[certs.DeviceID]bool
}

func newAwake() *awake {
	return &awake{
		often: limit.New[certs.DeviceID](rate.Every(connects), connectsAtOnce, maxAwake),
		line:  make(chan certs.DeviceID, maxLine),
		unmet: map[certs.DeviceID]bool{}, inLine: map[certs.DeviceID]bool{},
	}
}

// came has a camera that has connected looked at: now, or if it did so too often in the next round.
func (a *awake) came(d certs.DeviceID) {
	a.mu.Lock()
	if len(a.unmet) < maxAwake { // beyond, what is sent at connecting has to do
		a.unmet[d] = true
	}
	a.mu.Unlock()
	if _, ok := a.often.Take(d, 1); ok {
		a.queue(d)
	}
}

func (a *awake) went(d certs.DeviceID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.unmet, d)
}

// set says whether a camera has mail that is not in force; of one that is not connected nothing is remembered.
func (a *awake) set(d certs.DeviceID, unmet bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.unmet[d]; ok {
		a.unmet[d] = unmet
	}
}

func (a *awake) waiting() (out []certs.DeviceID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for d, unmet := range a.unmet {
		if unmet {
			out = append(out, d)
		}
	}
	return out
}

// queue puts a camera in line, unless it is there. Where the line is too long, the next round comes to it.
func (a *awake) queue(d certs.DeviceID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.inLine[d] {
		return
	}
	select {
	case a.line <- d:
		a.inLine[d] = true
	default:
	}
}

// called says that a camera is looked at, which was taken from the line: it may stand there again.
func (a *awake) called(d certs.DeviceID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.inLine, d)
}
