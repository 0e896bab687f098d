// Package button tells presses of a button from the noise of its contacts and of its line.
//
// # Why the line is polled
//
// A person's press lasts a tenth of a second or more, so a look every 20 ms misses none, costs one ioctl, and debounces
// at once. Edges would not help: periph's gpioioctl (host v3.8.5) waits for ever where
// gpio.PinIn.WaitForEdge promises to return at once (time-out 0) and returns at once where it promises to wait for ever
// (-1); it returns false without waiting when the line is gone; and on an AST2600 board a second wait
// with a time-out did not come back at all.
//
// # Why a level alone is not believed
//
// gpio.PinIn.Read has no error: a read that fails returns Low, which on a button that pulls its line low is a press,
// and ten seconds of it a reset. So before a press is taken up, all the while it lasts, and before it is reported,
// the line is set up anew with In, which does return errors. A press during which that failed never was.
package button

import (
	"context"
	"log/slog"
	"time"

	"periph.io/x/conn/v3/gpio"
)

const (
	Long = 10 * time.Second // a press of this length is reported while it lasts

	poll   = 20 * time.Millisecond
	settle = 3                // looks in a row that must agree
	check  = 5 * time.Second  // between checks that the line of a button that is up is still there
	again  = 10 * time.Second // between attempts at a line that is gone
)

// Press is one press of the button. Each is reported once: a long one when it has lasted Long, others when
// the button is let go.
type Press struct {
	Held time.Duration
	Long bool
}

// Button is a button on a pin.
type Button struct {
	pin     gpio.PinIn
	low     bool // pressed is low
	pressed func(Press)
	log     *slog.Logger
}

// New returns a button. It does not touch the pin; Run does. pressed is called by Run and must return at once.
func New(pin gpio.PinIn, activeLow bool, pressed func(Press), log *slog.Logger) *Button {
	return &Button{pin: pin, low: activeLow, pressed: pressed, log: log}
}

// Run reports presses until ctx ends and returns ctx.Err(). A button that is down when Run begins, or when
// its line comes back, counts from its next press. A line that fails is logged once and tried again.
func (b *Button) Run(ctx context.Context) error {
	failed := false
	for {
		err := b.watch(ctx, func() {
			if failed {
				failed = false
				b.log.Info("button works again", "line", b.pin.Name())
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !failed {
			failed = true
			b.log.Warn("button cannot be read", "line", b.pin.Name(), "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(again):
		}
	}
}

// setUp makes the pin an input, pulled to the level of a button that is not pressed where the chip can do that.
func (b *Button) setUp() error {
	pull := gpio.PullDown
	if b.low {
		pull = gpio.PullUp
	}
	return b.pin.In(pull, gpio.NoEdge)
}

// watch reports presses until ctx ends or the line fails.
func (b *Button) watch(ctx context.Context, works func()) error {
	if err := b.setUp(); err != nil {
		return err
	}
	works()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	s := steps{down: true, reported: true} // until it is seen to be up
	checked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			down := b.pin.Read() == gpio.Level(!b.low)
			if down || s.down || now.Sub(checked) >= check {
				if err := b.setUp(); err != nil {
					return err
				}
				checked = now
				// Again, now that the line is known to be there: what was read before may have been an error.
				down = b.pin.Read() == gpio.Level(!b.low)
			}
			if p, ok := s.look(now, down); ok {
				b.pressed(p)
			}
		}
	}
}

// steps is a press as it goes on.
type steps struct {
	down     bool      // as it is believed
	since    time.Time // of the first look that said so
	reported bool      // this press was
	differ   int       // looks in a row that say otherwise
	first    time.Time // of these
}

// look takes one look at the button and returns a press that is to be reported.
func (s *steps) look(now time.Time, down bool) (Press, bool) {
	if down == s.down {
		s.differ = 0
		if s.down && !s.reported && now.Sub(s.since) >= Long {
			s.reported = true
			return Press{now.Sub(s.since), true}, true
		}
		return Press{}, false
	}
	if s.differ == 0 {
		s.first = now
	}
	if s.differ++; s.differ < settle {
		return Press{}, false
	}
	held, reported := s.first.Sub(s.since), s.reported
	*s = steps{down: down, since: s.first}
	if down || reported {
		return Press{}, false
	}
	return Press{held, held >= Long}, true
}
