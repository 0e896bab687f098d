package led

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
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
		Looking:   "High 100, Low 100, High 100, Low 700, High 100",
		CodeRead:  "High 700, Low 100, High 100, Low 100, High 700",
		Offered:   "High 600, Low 200, High 100, Low 300, High 600",
		Refused:   "High 100, Low 100, High 100, Low 100, High 100, Low 100, High 100, Low 100, High 100, Low 1000, High 100",
		Resetting: "High 40, Low 40, High 40, Low 40, High 40",
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

// What the documentation says of the light is the table, and no two states look alike.
func TestDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| light | seconds on, off, … | meaning |\n|---|---|---|\n")
	seen := map[string]bool{}
	for _, r := range table {
		times := "always"
		if len(r.pattern) > 1 {
			var all []string
			for _, ms := range r.pattern {
				all = append(all, strconv.FormatFloat(float64(ms)/1000, 'g', -1, 64))
			}
			times = strings.Join(all, " ")
		}
		fmt.Fprintf(&want, "| %s | %s | %s |\n", r.light, times, r.means)
		if seen[times] || seen[r.light] || r.name == "" {
			t.Errorf("another state looks like %q", r.name)
		}
		seen[times], seen[r.light] = true, true
	}
	if !strings.Contains(string(b), "\n"+want.String()+"\n") {
		t.Errorf("docs/install.md does not have this table:\n%s", want.String())
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
