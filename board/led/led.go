// Package led shows the state of a camera by how a light blinks.
//
//	state      light                                  reads as
//	Starting   0.1 s on, 0.1 s off                    busy
//	Unowned    0.5 s on, 0.5 s off                    waiting for an owner
//	Claiming   two flashes a second                   looking for the owner's code
//	Online     on                                     all is well
//	Recording  on, a short gap each second            an event is being recorded
//	Offline    a flash every 2 s                      recording goes on, nothing can be sent
//	Failing    three flashes, then a pause of 1 s     no camera, or no storage
//
// When Run ends the light is off.
package led

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// State is what the light can show.
type State int

// The states.
const (
	Starting State = iota
	Unowned
	Claiming
	Online
	Recording
	Offline
	Failing
)

var names = [...]string{"starting", "unowned", "claiming", "online", "recording", "offline", "failing"}

// String returns the state in a word.
func (s State) String() string {
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("state %d", int(s))
	}
	return names[s]
}

// patterns are milliseconds on, off, on, off and so on, from the start again at the end. A single number is: on.
var patterns = [...][]int{
	Starting:  {100, 100},
	Unowned:   {500, 500},
	Claiming:  {100, 100, 100, 700},
	Online:    {steady},
	Recording: {900, 100},
	Offline:   {100, 1900},
	Failing:   {100, 100, 100, 100, 100, 1000},
}

// steady is how often a light that does not blink is set again, in milliseconds: it mends what another hand did.
const steady = 10_000

// LED is a light on a pin.
type LED struct {
	pin    gpio.PinOut
	on     gpio.Level
	log    *slog.Logger
	change chan struct{} // one token: show is new

	mu   sync.Mutex
	show State
}

// New returns a light that starts with Starting. It does not touch the pin; Run does.
func New(pin gpio.PinOut, activeLow bool, log *slog.Logger) *LED {
	return &LED{pin: pin, on: gpio.Level(!activeLow), log: log, change: make(chan struct{}, 1)}
}

// Show changes what is shown. It returns at once and may be called concurrently. A state that is not known shows as
// Failing.
func (l *LED) Show(s State) {
	if s < 0 || int(s) >= len(patterns) {
		s = Failing
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if s == l.show {
		return
	}
	l.show = s
	select {
	case l.change <- struct{}{}:
	default:
	}
}

// Run blinks until ctx ends, turns the light off and returns ctx.Err(). A pin that fails is logged once and tried
// again with every step.
func (l *LED) Run(ctx context.Context) error {
	failed := false
	set := func(level gpio.Level) {
		err := l.pin.Out(level)
		if (err != nil) != failed {
			failed = err != nil
			if failed {
				l.log.Warn("status light cannot be set", "line", l.pin.Name(), "err", err)
			}
		}
	}
	defer func() { set(!l.on) }()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		l.mu.Lock()
		pattern := patterns[l.show]
		l.mu.Unlock()
		for step, changed := 0, false; !changed; step = (step + 1) % len(pattern) {
			set(l.on == (step%2 == 0))
			timer.Reset(time.Duration(pattern[step]) * time.Millisecond)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-l.change:
				changed = true
			case <-timer.C:
			}
		}
	}
}
