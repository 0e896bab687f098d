package backoff

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// The ends of every window.
func least(time.Duration) time.Duration  { return 0 }
func most(n time.Duration) time.Duration { return n - 1 }

func TestWindows(t *testing.T) {
	lo, hi := Backoff{Rand: least}, Backoff{Rand: most}
	for i, window := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300} {
		if d := lo.Next(); d != Floor {
			t.Errorf("delay %d is at least %v, want %v", i, d, Floor)
		}
		if d, want := hi.Next(), Floor+window*time.Second-1; d != want {
			t.Errorf("delay %d is at most %v, want %v", i, d, want)
		}
	}
	for range 100 { // far beyond where the window would overflow
		if d := hi.Next(); d != Floor+Cap-1 {
			t.Fatalf("delay %v", d)
		}
	}
}

func TestLasted(t *testing.T) {
	b := Backoff{Rand: most}
	for range 5 {
		b.Next()
	}
	b.Lasted(Stable - 1)
	if d := b.Next(); d < 64*time.Second {
		t.Errorf("after a connection that did not hold: %v", d)
	}
	b.Lasted(Stable)
	if d := b.Next(); d != Floor+First-1 {
		t.Errorf("after a stable connection: %v", d)
	}
}

func TestWhatTheCloudAsks(t *testing.T) {
	for name, c := range map[string]struct {
		ask      func(*Backoff)
		from, to time.Duration
	}{
		"nothing":            {func(*Backoff) {}, Floor, Floor + First},
		"retry after":        {func(b *Backoff) { b.AtLeast(time.Minute) }, time.Minute, time.Minute + First},
		"retry very soon":    {func(b *Backoff) { b.AtLeast(time.Millisecond) }, Floor, Floor + First},
		"spread":             {func(b *Backoff) { b.Spread(10 * time.Minute) }, Floor, Floor + 10*time.Minute},
		"small spread":       {func(b *Backoff) { b.Spread(1) }, Floor, Floor + First},
		"both":               {func(b *Backoff) { b.AtLeast(time.Minute); b.Spread(time.Minute) }, time.Minute, 2 * time.Minute},
		"the longer of two":  {func(b *Backoff) { b.AtLeast(9 * time.Second); b.AtLeast(3 * time.Second) }, 9 * time.Second, 9*time.Second + First},
		"a hundred years":    {func(b *Backoff) { b.AtLeast(876000 * time.Hour) }, MaxAsk, MaxAsk + First},
		"spread over a year": {func(b *Backoff) { b.Spread(8760 * time.Hour) }, Floor, Floor + MaxAsk},
		"the past":           {func(b *Backoff) { b.AtLeast(-time.Hour); b.Spread(-time.Hour) }, Floor, Floor + First},
	} {
		t.Run(name, func(t *testing.T) {
			lo, hi := Backoff{Rand: least}, Backoff{Rand: most}
			c.ask(&lo)
			c.ask(&hi)
			if d := lo.Next(); d != c.from {
				t.Errorf("at least %v, want %v", d, c.from)
			}
			if d := hi.Next(); d != c.to-1 {
				t.Errorf("at most %v, want %v", d, c.to-1)
			}
			if d := lo.Next(); d != Floor {
				t.Errorf("asked once, it holds twice: %v", d)
			}
		})
	}
}

// A fleet that starts at one moment must not arrive at one moment: of 10,000 cameras no tenth of a second of the
// first window sees more than twice its share.
func TestFleetIsSpread(t *testing.T) {
	var arrivals [int(First/(100*time.Millisecond)) + 1]int
	const cameras = 10_000
	for range cameras {
		var b Backoff
		arrivals[(b.Next()-Floor)/(100*time.Millisecond)]++
	}
	for i, n := range arrivals {
		if share := cameras / (len(arrivals) - 1); n > 2*share {
			t.Errorf("%d of %d cameras in tenth %d", n, cameras, i)
		}
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Backoff{Rand: least}
		start := time.Now()
		if err := b.Wait(t.Context()); err != nil || time.Since(start) != Floor {
			t.Errorf("waited %v, %v", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		if err := b.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("waited %v, %v", time.Since(start), err)
		}
	})
}
