package daemon

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/agent/recorder"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/internal/hint"
	"signet/uplink/spool"
)

var errNone = errors.New("no camera here")

// watching lets a camera play on a stage for a time that flies, and returns what a recorder made of it.
func watching(t *testing.T, s *stage, log *slog.Logger, forTime time.Duration) (records []*certs.SignedRecord) {
	t.Helper()
	rig := ownershiptest.New(t)
	rig.Claim(t)
	synctest.Test(t, func(t *testing.T) {
		sp, err := spool.Open(t.TempDir(), spool.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer sp.Close()
		p, err := moment.New(moment.Config{})
		if err != nil {
			t.Fatal(err)
		}
		r := recorder.New(recorder.Config{
			Device: rig.Device.ID, Terms: rig.State.Terms, Spool: sp, Log: log, Cameras: 1, Part: func(certs.Position, certs.Hash, []byte) {},
		})
		if err := r.Announce(rig.State); err != nil {
			t.Fatal(err)
		}
		c := newCamera(Camera{Source: s}, p, r.Lane(0), log)
		ctx, cancel := context.WithTimeout(t.Context(), forTime)
		defer cancel()
		if err := outlived(ctx, c.Run, r.Run); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		records = verified(t, rig, sp)
	})
	return records
}

func TestCameraFailsInAnEvent(t *testing.T) {
	var log journal
	s := &stage{acts: []act{{frames: midWalk(), lasts: time.Second}, {err: errNone}, {err: errNone}, {frames: 1}}}
	records := watching(t, s, log.logger(), time.Minute)
	want := []certs.RecordType{
		certs.Claimed, certs.Online, certs.Online, certs.Started, certs.Part, certs.Ended, certs.Tamper, certs.Online,
	}
	if got := types(records); !slices.Equal(got, want) {
		t.Errorf("records are %v, want %v", got, want)
	}
	if n := len(s.openings()); n != 4 {
		t.Errorf("the camera was opened %d times", n)
	}
	for _, reason := range []string{"camera gone", errNone.Error()} {
		if n := strings.Count(log.String(), `level=ERROR msg="no camera, trying again" err="`+reason+`"`); n != 1 {
			t.Errorf("that an outage is for %q was told %d times:\n%s", reason, n, log.String())
		}
	}
}

func TestPausesGrow(t *testing.T) {
	s := &stage{acts: []act{{err: errNone}}}
	records := watching(t, s, slog.New(slog.DiscardHandler), 10*time.Minute)
	window := 500 * time.Millisecond
	at := s.openings()
	for i := range len(at) - 1 {
		if d := at[i+1].Sub(at[i]); d < window/2 || d >= window {
			t.Errorf("pause %d is %v, not within %v and %v", i, d, window/2, window)
		}
		window = min(2*window, 30*time.Second)
	}
	if len(at) < 25 || len(at) > 50 {
		t.Errorf("opened %d times in ten minutes", len(at))
	}
	if got := types(records); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online}) {
		t.Errorf("a camera that never was left %v", got)
	}
}

func TestPausesBeginAnewAfterAGoodTime(t *testing.T) {
	acts := slices.Repeat([]act{{err: errNone}}, 8)
	s := &stage{acts: append(acts, act{frames: 1, lasts: time.Minute}, act{frames: 1})}
	watching(t, s, slog.New(slog.DiscardHandler), 10*time.Minute)
	at := s.openings()
	if len(at) != 10 {
		t.Fatalf("opened %d times", len(at))
	}
	if d := at[9].Sub(at[8]) - time.Minute; d >= 500*time.Millisecond {
		t.Errorf("after a good minute the pause is %v", d)
	}
}

func TestHintIsLogged(t *testing.T) {
	var log journal
	s := &stage{acts: []act{{err: hint.With(errNone, "buy one")}}}
	watching(t, s, log.logger(), time.Second)
	if !strings.Contains(log.String(), `hint="buy one"`) {
		t.Errorf("log is\n%s", log.String())
	}
}

// Frame rates are fractions of clocks: 30000/1001 is said as people say it.
func TestFrameRateIsRounded(t *testing.T) {
	var log journal
	r := recorder.New(recorder.Config{Cameras: 1, Log: log.logger()})
	c := newCamera(Camera{}, nil, r.Lane(0), log.logger())
	c.works(capture.Info{Name: "x", FPS: 30000.0 / 1001})
	if !strings.Contains(log.String(), " fps=30\n") {
		t.Errorf("log is %s", log.String())
	}
	c.works(capture.Info{Name: "x", FPS: 7.4999})
	if !strings.Contains(log.String(), " fps=7.5\n") {
		t.Errorf("log is %s", log.String())
	}
}
