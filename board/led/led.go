// Package led shows the state of a camera by how a light blinks. The table of states stands in table.go, and for owners in
// docs/install.md.
//
// When Run ends the light is off.
package led

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

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
	if s < 0 || int(s) >= len(table) {
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
		pattern := table[l.show].pattern
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
