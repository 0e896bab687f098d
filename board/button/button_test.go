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

// play runs a button on a line until the given time, and returns its presses and its log.
func play(t *testing.T, activeLow bool, end time.Duration, moments ...moment) (presses []Press, log string, pin *playback) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		pin = &playback{Pin: gpiotest.Pin{N: "BUTTON"}, start: time.Now(), play: moments, read: make([]bool, len(moments))}
		var out bytes.Buffer
		b := New(pin, activeLow, func(p Press) { presses = append(presses, p) }, slog.New(slog.NewTextHandler(&out, nil)))
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
	return presses, log, pin
}

const (
	ms = time.Millisecond
	up = gpio.High // of a button that pulls its line low
	dn = gpio.Low
)

func TestPresses(t *testing.T) {
	for name, c := range map[string]struct {
		play []moment
		want []Press
	}{
		"nothing": {[]moment{{0, up, false}}, nil},
		"a press": {
			[]moment{{0, up, false}, {995 * ms, dn, false}, {1295 * ms, up, false}},
			[]Press{{300 * ms, false}},
		},
		"two presses": {
			[]moment{{0, up, false}, {1 * time.Second, dn, false}, {1200 * ms, up, false}, {1400 * ms, dn, false}, {1500 * ms, up, false}},
			[]Press{{200 * ms, false}, {100 * ms, false}},
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
		}, []Press{{500 * ms, false}}},
		"a long press is reported once, while it lasts": {
			[]moment{{0, up, false}, {995 * ms, dn, false}, {15 * time.Second, up, false}},
			[]Press{{10 * time.Second, true}},
		},
		"almost a long press": {
			[]moment{{0, up, false}, {995 * ms, dn, false}, {10955 * ms, up, false}},
			[]Press{{9960 * ms, false}},
		},
		"down when it begins": {
			[]moment{{0, dn, false}, {15 * time.Second, up, false}, {16 * time.Second, dn, false}, {17 * time.Second, up, false}},
			[]Press{{time.Second, false}},
		},
		"the line goes away": {[]moment{{0, up, false}, {995 * ms, dn, true}}, nil},
		"the line goes away during a press": {[]moment{
			{0, up, false},
			{995 * ms, dn, false},
			{2 * time.Second, dn, true},
			{13500 * ms, up, false},
		}, nil},
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
					t.Errorf("active low %v: presses %v, want %v", low, got, c.want)
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
		s := steps{down: true, reported: true}
		now := time.Unix(0, 0)
		look := func(down bool) (reported int) {
			now = now.Add(poll)
			if _, ok := s.look(now, down); ok {
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
