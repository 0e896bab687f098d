package button

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

var errGone = errors.New("no such device")

// moment is what a line is from a moment on.
type moment struct {
	at    time.Duration
	level gpio.Level
	gone  bool // In fails and Read returns Low, as periph's lines do
}

// playback is a line that plays moments, and knows which of them were read.
type playback struct {
	gpiotest.Pin
	start time.Time
	play  []moment
	read  []bool
}

func (p *playback) now() moment {
	i := len(p.play) - 1
	for i > 0 && time.Since(p.start) < p.play[i].at {
		i--
	}
	p.read[i] = true
	return p.play[i]
}

func (p *playback) In(pull gpio.Pull, edge gpio.Edge) error {
	if p.now().gone {
		return errGone
	}
	p.P = pull
	if edge != gpio.NoEdge {
		return errors.New("edges are not asked for")
	}
	return nil
}

func (p *playback) Read() gpio.Level {
	m := p.now()
	return m.level && gpio.Level(!m.gone)
}

// told is an event and when it was told.
type told struct {
	at    time.Duration
	event Event
}

// play runs a button on a line until the given time, and returns what it told, and its log.
func play(t *testing.T, activeLow bool, end time.Duration, moments ...moment) (events []told, log string, pin *playback) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		pin = &playback{Pin: gpiotest.Pin{N: "BUTTON"}, start: time.Now(), play: moments, read: make([]bool, len(moments))}
		var out bytes.Buffer
		b := New(pin, activeLow, func(e Event) { events = append(events, told{time.Since(pin.start), e}) }, slog.New(slog.NewTextHandler(&out, nil)))
		ctx, cancel := context.WithTimeout(t.Context(), end)
		defer cancel()
		if err := b.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("run: %v", err)
		}
		log = out.String()
	})
	for i, m := range moments {
		if !pin.read[i] {
			t.Errorf("what the line was from %v on was never read", m.at)
		}
	}
	return events, log, pin
}

const (
	ms = time.Millisecond
	up = gpio.High // of a button that pulls its line low
	dn = gpio.Low
)

func TestEvents(t *testing.T) {
	for name, c := range map[string]struct {
		play []moment
		want []told
	}{
		"nothing": {[]moment{{0, up, false}}, nil},
		"a press": {
			[]moment{{0, up, false}, {995 * ms, dn, false}, {1295 * ms, up, false}},
			[]told{{1340 * ms, Pressed}},
		},
		"two presses": {
			[]moment{{0, up, false}, {1 * time.Second, dn, false}, {1200 * ms, up, false}, {1400 * ms, dn, false}, {1500 * ms, up, false}},
			[]told{{1240 * ms, Pressed}, {1540 * ms, Pressed}},
		},
		"almost held": {
			[]moment{{0, up, false}, {995 * ms, dn, false}, {1990 * ms, up, false}},
			[]told{{2040 * ms, Pressed}},
		},
		"a spark": {[]moment{{0, up, false}, {995 * ms, dn, false}, {1025 * ms, up, false}}, nil},
		"bouncing contacts": {[]moment{
			{0, up, false},
			{995 * ms, dn, false},
			{1015 * ms, up, false},
			{1035 * ms, dn, false},
			{1495 * ms, up, false},
			{1515 * ms, dn, false},
			{1535 * ms, up, false},
		}, []told{{1580 * ms, Pressed}}},
		"held, and on": {
			[]moment{{0, up, false}, {995 * ms, dn, false}, {15 * time.Second, up, false}},
			[]told{{2 * time.Second, Holding}, {11 * time.Second, Held}},
		},
		"let go before": {
			[]moment{{0, up, false}, {995 * ms, dn, false}, {10955 * ms, up, false}},
			[]told{{2 * time.Second, Holding}, {11 * time.Second, LetGo}},
		},
		"down when it begins": {
			[]moment{{0, dn, false}, {15 * time.Second, up, false}, {16 * time.Second, dn, false}, {16500 * ms, up, false}},
			[]told{{16540 * ms, Pressed}},
		},
		"the line goes away": {[]moment{{0, up, false}, {995 * ms, dn, true}}, nil},
		"the line goes away during a press": {[]moment{
			{0, up, false},
			{995 * ms, dn, false},
			{1500 * ms, dn, true},
			{13 * time.Second, up, false},
		}, nil},
		"the line goes away while it is held": {[]moment{
			{0, up, false},
			{995 * ms, dn, false},
			{3 * time.Second, dn, true},
			{13500 * ms, up, false},
		}, []told{{2 * time.Second, Holding}, {3 * time.Second, LetGo}}},
		"and comes back with the button down": {[]moment{
			{0, up, false},
			{995 * ms, dn, true},
			{6 * time.Second, dn, false},
			{25 * time.Second, up, false},
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, low := range []bool{true, false} {
				moments := slices.Clone(c.play)
				for i := range moments {
					moments[i].level = moments[i].level == gpio.Level(low)
				}
				got, _, pin := play(t, low, 30*time.Second, moments...)
				if !slices.Equal(got, c.want) {
					t.Errorf("active low %v: events %v, want %v", low, got, c.want)
				}
				if want := map[bool]gpio.Pull{true: gpio.PullUp, false: gpio.PullDown}[low]; pin.P != want {
					t.Errorf("active low %v: pull is %v", low, pin.P)
				}
			}
		})
	}
}

func TestLineThatFailsIsLoggedOnce(t *testing.T) {
	_, log, _ := play(t, true, 60*time.Second, moment{0, up, true}, moment{45 * time.Second, up, false})
	if strings.Count(log, "button cannot be read") != 1 || !strings.Contains(log, "line=BUTTON") || !strings.Contains(log, errGone.Error()) {
		t.Errorf("log: %s", log)
	}
	if strings.Count(log, "button works again") != 1 {
		t.Errorf("log: %s", log)
	}
}

// Whatever the contacts do, presses are as many as the times that the button was settled down and let go.
func TestNoiseMakesNoPress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := steps{down: true, stage: over}
		now := time.Unix(0, 0)
		look := func(down bool) (reported int) {
			now = now.Add(poll)
			e, ok := s.look(now, down)
			if ok && e != Pressed {
				t.Fatalf("%v", e)
			}
			if ok {
				return 1
			}
			return 0
		}
		for range settle {
			look(false)
		}
		for range rapid.IntRange(1, 20).Draw(t, "presses") {
			got := 0
			for _, down := range []bool{true, false} {
				for range rapid.IntRange(0, 9).Draw(t, "bounces") { // never three looks in a row
					got += look(down) + look(!down)
				}
				for range settle {
					got += look(down)
				}
			}
			if got != 1 {
				t.Fatalf("a press was reported %d times", got)
			}
		}
	})
}
