package led

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// recorder is a light that records what it shows, as "on 100" for each 100 ms.
type recorder struct {
	gpiotest.Pin
	last  time.Time
	lines []string
	err   error
}

func (r *recorder) Out(l gpio.Level) error {
	if r.err != nil {
		return r.err
	}
	r.stop()
	return r.Pin.Out(l)
}

// stop ends the piece that is being recorded.
func (r *recorder) stop() {
	if !r.last.IsZero() && time.Since(r.last) > 0 {
		r.lines = append(r.lines, fmt.Sprintf("%v %d", r.Pin.L, time.Since(r.last).Milliseconds()))
	}
	r.last = time.Now()
}

func TestPatterns(t *testing.T) {
	for state, want := range map[State]string{
		Starting:  "High 100, Low 100, High 100, Low 100, High 100",
		Unowned:   "High 500, Low 500, High 500, Low 500, High 500",
		Claiming:  "High 100, Low 100, High 100, Low 700, High 100",
		Online:    "High 10000, High 10000, High 10000, High 10000, High 10000",
		Recording: "High 900, Low 100, High 900, Low 100, High 900",
		Offline:   "High 100, Low 1900, High 100, Low 1900, High 100",
		Failing:   "High 100, Low 100, High 100, Low 100, High 100, Low 1000, High 100",
		State(99): "High 100, Low 100, High 100, Low 100, High 100, Low 1000, High 100",
	} {
		for _, low := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, active low %v", state, low), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					pin := &recorder{}
					l := New(pin, low, slog.New(slog.DiscardHandler))
					l.Show(state)
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					if err := l.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("run: %v", err)
					}
					if low {
						want = strings.NewReplacer("High", "Low", "Low", "High").Replace(want)
					}
					if got := strings.Join(pin.lines, ", "); !strings.HasPrefix(got, want) {
						t.Errorf("light: %.100s\nwant   %s", got, want)
					}
					if pin.L != gpio.Level(low) {
						t.Errorf("line is %v at the end", pin.L)
					}
				})
			})
		}
	}
}

func TestChangeShowsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &recorder{}
		l := New(pin, false, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		l.Show(Online)
		go func() {
			time.Sleep(50 * time.Millisecond)
			l.Show(Online) // no change
			time.Sleep(200 * time.Millisecond)
			l.Show(Offline)
			time.Sleep(50 * time.Millisecond)
			l.Show(Unowned)
			l.Show(Offline)
			l.Show(Unowned)
		}()
		_ = l.Run(ctx)
		if got, want := strings.Join(pin.lines, ", "), "High 250, High 50, High 500, Low 500, High 500"; !strings.HasPrefix(got, want) {
			t.Errorf("light: %s\nwant   %s", got, want)
		}
	})
}

func TestFailingPinIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		pin := &recorder{Pin: gpiotest.Pin{N: "LED"}, err: errors.New("device or resource busy")}
		l := New(pin, false, slog.New(slog.NewTextHandler(&out, nil)))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_ = l.Run(ctx)
		if log := out.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "line=LED") || !strings.Contains(log, "busy") {
			t.Errorf("log: %s", log)
		}
	})
}
