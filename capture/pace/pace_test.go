package pace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"signet/capture"
)

func TestLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Live, 10)
		start := time.Now()
		at := func(i uint64) (time.Duration, capture.Mono) {
			m, err := p.Wait(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			return time.Since(start), m
		}
		_, m0 := at(0)
		if d, m := at(3); d != 300*time.Millisecond || m.Sub(m0) != 300*time.Millisecond {
			t.Errorf("frame 3 after %v, stamped %v", d, m.Sub(m0))
		}
		time.Sleep(150 * time.Millisecond) // late by half a frame: caught up
		if d, _ := at(4); d != 450*time.Millisecond {
			t.Errorf("frame 4 after %v", d)
		}
		if d, _ := at(5); d != 500*time.Millisecond {
			t.Errorf("frame 5 after %v", d)
		}
		time.Sleep(10 * time.Second) // very late: everything after it moves
		late, m6 := at(6)
		if late != 10500*time.Millisecond || m6.Sub(m0) != late {
			t.Errorf("frame 6 after %v, stamped %v", late, m6.Sub(m0))
		}
		if d, m := at(7); d != late+100*time.Millisecond || m.Sub(m6) != 100*time.Millisecond {
			t.Errorf("frame 7 after %v: a burst", d-late)
		}
	})
}

func TestVirtual(t *testing.T) {
	p := New(Virtual, 30000.0/1001)
	for _, c := range []struct {
		i    uint64
		want time.Duration
	}{{0, 0}, {30, 1001 * time.Millisecond}, {30_000_000, 1001000 * time.Second}} {
		m, err := p.Wait(t.Context(), c.i)
		if err != nil || time.Duration(m) != c.want {
			t.Errorf("frame %d at %v, %v; want %v", c.i, time.Duration(m), err, c.want)
		}
	}
}

func TestWaitObeysContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Live, 0.001)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Wait(ctx, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Wait(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
