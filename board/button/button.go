// Package button tells presses of a button, short and long, from the noise of its contacts and of its line.
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
	"fmt"
	"log/slog"
	"time"

	"periph.io/x/conn/v3/gpio"
)

const (
	Short = time.Second      // what is let go within it was a press; what is held longer is counted
	Long  = 10 * time.Second // and counts when it has been held for so long

	poll   = 20 * time.Millisecond
	settle = 3                // looks in a row that must agree
	check  = 5 * time.Second  // between checks that the line of a button that is up is still there
	again  = 10 * time.Second // between attempts at a line that is gone
)

// Event is what somebody does with the button:
//
//	let go within Short                     Pressed
//	held for Short, let go before Long      Holding, LetGo
//	held for Long                           Holding, Held, however long it goes on
//
// A button whose line fails while it is held was let go.
type Event int

// The events.
const (
	Pressed Event = iota
	Holding
	LetGo
	Held
)

var names = [...]string{"pressed", "holding", "let go", "held"}

// String returns the event in a word or two.
func (e Event) String() string {
	if e < 0 || int(e) >= len(names) {
		return fmt.Sprintf("event %d", int(e))
	}
	return names[e]
}

// Button is a button on a pin.
type Button struct {
	pin  gpio.PinIn
	low  bool // pressed is low
	tell func(Event)
	log  *slog.Logger
}

// New returns a button. It does not touch the pin; Run does. tell is called by Run and must return at once.
func New(pin gpio.PinIn, activeLow bool, tell func(Event), log *slog.Logger) *Button {
	return &Button{pin: pin, low: activeLow, tell: tell, log: log}
}

// Run tells what is done with the button until ctx ends and returns ctx.Err(). A button that is down when Run begins, or when
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

// watch tells what is done with the button until ctx ends or the line fails.
func (b *Button) watch(ctx context.Context, works func()) error {
	if err := b.setUp(); err != nil {
		return err
	}
	works()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	s := steps{down: true, stage: over} // until it is seen to be up
	defer func() {
		if s.stage == counting {
			b.tell(LetGo)
		}
	}()
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
			if e, ok := s.look(now, down); ok {
				b.tell(e)
			}
		}
	}
}

// steps is a press as it goes on.
type steps struct {
	down   bool      // as it is believed
	since  time.Time // of the first look that said so
	stage  stage     // of this press
	differ int       // looks in a row that say otherwise
	first  time.Time // of these
}

// stage is how far a press has come.
type stage int

const (
	fresh    stage = iota
	counting       // Holding was told
	over           // nothing more is told of it
)

// look takes one look at the button and returns what is to be told.
func (s *steps) look(now time.Time, down bool) (e Event, tell bool) {
	if down == s.down {
		s.differ = 0
		return s.hold(now)
	}
	if s.differ == 0 {
		s.first = now
	}
	if s.differ++; s.differ < settle {
		return 0, false
	}
	was := *s
	*s = steps{down: down, since: s.first}
	switch {
	case down || was.stage == over:
		return 0, false
	case was.stage == counting:
		return LetGo, true
	}
	return Pressed, true // also what was held for a little longer than Short by the time that it was believed to be up
}

// hold goes on with a button that is as it was.
func (s *steps) hold(now time.Time) (e Event, tell bool) {
	held := now.Sub(s.since)
	switch {
	case s.down && s.stage == fresh && held >= Short:
		s.stage = counting
		return Holding, true
	case s.down && s.stage == counting && held >= Long:
		s.stage = over
		return Held, true
	}
	return 0, false
}
