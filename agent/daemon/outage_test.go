package daemon

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/capture"
	"signet/certs"
)

var silent = slog.New(slog.DiscardHandler)

// A device that appears is opened at once, and then again soon: it may need a moment.
func TestADeviceThatAppearsEndsThePause(t *testing.T) {
	s := &stage{acts: []act{{err: errNone}}, comes: map[int]time.Duration{9: 20 * time.Millisecond}}
	play(t, silent, 10*time.Minute, s)
	at := s.openings()
	for i, want := range map[int][2]time.Duration{
		7:  {15 * time.Second, 30 * time.Second},
		8:  {20 * time.Millisecond, 21 * time.Millisecond},
		9:  {250 * time.Millisecond, 500 * time.Millisecond},
		10: {500 * time.Millisecond, time.Second},
	} {
		if d := at[i+1].Sub(at[i]); d < want[0] || d >= want[1] {
			t.Errorf("pause %d is %v, not within %v and %v", i, d, want[0], want[1])
		}
	}
}

// Whatever ends the pictures is told to the owner in its own words, once an outage.
func TestTamperSaysWhatHappened(t *testing.T) {
	back := act{frames: 1, lasts: 2 * time.Minute}
	with := func(err error) act { a := back; a.fails = err; return a }
	s := &stage{acts: []act{
		with(capture.ErrGone), with(capture.ErrStalled), with(errNone), {frames: 1, lasts: 2 * time.Minute, panics: true}, {frames: 1},
	}}
	got := play(t, silent, 10*time.Minute, s).reasons()
	if want := []string{"camera gone", "camera delivers no pictures", "camera failed", "camera failed"}; !slices.Equal(got, want) {
		t.Errorf("the owner is told %q, want %q", got, want)
	}
}

// A camera that can be opened and gives no pictures is not back.
func TestAnOutageLastsUntilThereIsAPicture(t *testing.T) {
	var log journal
	mute := act{lasts: 3 * time.Second, fails: capture.ErrStalled}
	s := &stage{acts: append([]act{{frames: 1, lasts: time.Second}}, slices.Repeat([]act{mute}, 100)...)}
	p := play(t, log.logger(), 3*time.Minute, s)
	want := []certs.RecordType{certs.Claimed, certs.Online, certs.Online, certs.Tamper}
	if got := types(p.records); !slices.Equal(got, want) || len(s.openings()) < 8 {
		t.Errorf("records are %v after %d openings", got, len(s.openings()))
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 2 { // gone, and then silent
		t.Errorf("one outage was told %d times", n)
	}
	if r := p.reports[0]; r.Error == "" || r.Model == "" || r.Frames != 1 {
		t.Errorf("the report is %+v", r)
	}

	never := play(t, silent, 3*time.Minute, &stage{acts: []act{mute}})
	if got := types(never.records); !slices.Equal(got, want[:2]) {
		t.Errorf("a camera that never gave a picture left %v", got)
	}
	if r := never.reports[0]; r.Error == "" || r.Model != "" {
		t.Errorf("its report is %+v", r)
	}
}

func TestReasonsOfOneOutageAreBounded(t *testing.T) {
	c := newCamera(Camera{}, 0, nil, nil, silent)
	told := 0
	for range 3 {
		for i := range 20 {
			if c.news(strings.Repeat("x", i)) {
				told++
			}
		}
	}
	if told != maxTold {
		t.Errorf("%d reasons were told", told)
	}
}

func TestWhatACameraSkipsIsAddedUp(t *testing.T) {
	skips := capture.Skipped{Marked: 1, Empty: 20, Torn: 300}
	back := act{frames: 1, lasts: time.Second, skips: skips}
	s := &stage{acts: []act{back, {err: errNone}, back, {frames: 1, skips: skips}}}
	want := map[string]uint64{"marked broken by the driver": 3, "empty": 60, "torn": 900}
	got := play(t, silent, time.Minute, s).reports[0].Dropped
	for reason, n := range want {
		if got[reason] != n {
			t.Errorf("%s: %d, want %d", reason, got[reason], n)
		}
	}
}
