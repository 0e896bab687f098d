package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/recorder"
	"signet/capture/moment"
	"signet/certs"
)

// A camera that is there for a second, and gone for a tenth of one, leaves few records in which all its outages are told.
func TestACameraThatFlapsMakesNoStorm(t *testing.T) {
	s := &stage{acts: []act{{frames: 1, lasts: time.Second}}, comes: map[int]time.Duration{}}
	for i := range 1000 {
		s.comes[i] = 100 * time.Millisecond
	}
	p := play(t, silent, 10*time.Minute, s)
	opened := len(s.openings())
	if opened < 60 || opened > 85 {
		t.Errorf("opened %d times in ten minutes", opened)
	}
	if n := len(p.records); n > 26 {
		t.Errorf("%d records: %v", n, types(p.records))
	}
	told := 0
	for _, reason := range p.reasons() {
		n := 1
		fmt.Sscanf(strings.TrimPrefix(reason, "camera gone, "), "%d times", &n)
		told += n
	}
	if told < opened-1 || told > opened {
		t.Errorf("%d outages are told: %q", told, p.reasons())
	}
}

func TestRests(t *testing.T) {
	var p pauses
	for _, c := range []struct{ worked, rest time.Duration }{
		{time.Hour, 0},
		{0, 0},
		{time.Second, 500 * time.Millisecond},
		{0, time.Second},
		{0, 2 * time.Second},
		{0, 4 * time.Second},
		{0, 8 * time.Second},
		{0, 8 * time.Second},
		{goodEnough, 0},
		{0, 0},
		{0, 500 * time.Millisecond},
	} {
		if got := p.worked(c.worked); got != c.rest {
			t.Errorf("rests %v after %v, want %v", got, c.worked, c.rest)
		}
		if d := p.next(); d >= firstPause {
			t.Errorf("a camera that worked is looked for after %v", d)
		}
	}
	for range 1000 {
		if got := p.worked(0); got > longestRest {
			t.Fatalf("rests %v", got)
		}
	}
}

// A driver that takes its time to close does not keep the owner waiting for what happened.
func TestAFailureIsToldBeforeTheCameraIsClosed(t *testing.T) {
	s := &stage{acts: []act{{frames: midWalk(), lasts: time.Second, closes: 20 * time.Second}, {frames: 1}}}
	p := play(t, silent, time.Minute, s)
	if got := p.of(0); !slices.Equal(got, append(slices.Clone(wholeEvent), certs.Tamper)) {
		t.Errorf("records are %v", got)
	}
	at := s.openings()
	if len(at) != 2 || at[1].Sub(at[0]) < 20*time.Second {
		t.Fatalf("opened at %v", at)
	}
	for _, r := range p.records {
		if d := time.UnixMilli(int64(r.Wall.UnixMs)).Sub(at[0]); r.Type == certs.Tamper && d > 2*time.Second {
			t.Errorf("told after %v", d)
		}
	}
}

// A driver that hangs when its camera is closed does not keep the agent from its end.
func TestTheEndDoesNotWaitForADriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := moment.New(moment.Config{})
		if err != nil {
			t.Fatal(err)
		}
		r := recorder.New(recorder.Config{Cameras: 1, Log: silent})
		c := newCamera(Camera{Source: &stage{acts: []act{{frames: 1, closes: time.Hour}}}}, 0, p, r.Lane(0), silent)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if err := c.Run(ctx, record, true); err != context.DeadlineExceeded {
			t.Error(err)
		}
		if d := time.Since(began) - time.Minute; d > closeWithin {
			t.Errorf("the end took %v", d)
		}
		time.Sleep(time.Hour) // the driver comes back, and no goroutine is left
	})
}
