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
	"signet/agent/status"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/internal/hint"
	"signet/uplink/spool"
)

var errNone = errors.New("no camera here")

// played is what came of cameras that played on their stages.
type played struct {
	records []*certs.SignedRecord
	facts   map[certs.Position]*certs.Facts // of records that have some
	reports []status.Camera                 // by number
}

// reasons lists what the tamper records say.
func (p *played) reasons() (all []string) {
	for _, r := range p.records {
		if r.Type == certs.Tamper {
			all = append(all, p.facts[r.Position].Reason)
		}
	}
	return all
}

// of lists the types of the records of one camera's events and failures.
func (p *played) of(camera uint64) []certs.RecordType {
	events := map[certs.EventID]bool{}
	var mine []*certs.SignedRecord
	for _, r := range p.records {
		f := p.facts[r.Position]
		if r.Event != nil && f != nil && f.Camera.Number == camera {
			events[*r.Event] = true
		}
		if r.Event != nil && events[*r.Event] || r.Type == certs.Tamper && f.Camera.Number == camera {
			mine = append(mine, r)
		}
	}
	return types(mine)
}

// play lets a camera play on each stage for a time that flies, and returns what a recorder made of it.
func play(t *testing.T, log *slog.Logger, forTime time.Duration, stages ...*stage) *played {
	t.Helper()
	rig := ownershiptest.New(t)
	rig.Claim(t)
	out := &played{facts: map[certs.Position]*certs.Facts{}}
	synctest.Test(t, func(t *testing.T) {
		sp, err := spool.Open(t.TempDir(), spool.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer sp.Close()
		r := recorder.New(recorder.Config{
			Device: rig.Device.ID, Terms: rig.State.Terms, Spool: sp, Log: log,
			Cameras: len(stages), Part: func(certs.Position, certs.Hash, []byte) {},
		})
		if err := r.Announce(rig.State); err != nil {
			t.Fatal(err)
		}
		d := &Daemon{}
		for i, s := range stages {
			p, err := moment.New(moment.Config{})
			if err != nil {
				t.Fatal(err)
			}
			d.cameras = append(d.cameras, newCamera(Camera{Source: s}, i, p, r.Lane(i), log))
		}
		ctx, cancel := context.WithTimeout(t.Context(), forTime)
		defer cancel()
		if err := outlived(ctx, func(ctx context.Context) error { return d.watch(ctx, record, true) }, r.Run); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		out.records = verified(t, rig, sp)
		for _, rec := range out.records {
			out.readFacts(t, rig, sp, rec)
		}
		for _, c := range d.cameras {
			out.reports = append(out.reports, c.report())
		}
	})
	return out
}

func (p *played) readFacts(t *testing.T, rig *ownershiptest.Rig, sp *spool.Spool, rec *certs.SignedRecord) {
	t.Helper()
	e, err := sp.Read(spool.Position{Boot: rec.Position.Boot, N: rec.Position.N})
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range rec.Media {
		if m.Kind != certs.FactsMedia {
			continue
		}
		b, err := certs.Open(e.Media[i], certs.MaxPart, rig.Owner.Identity)
		if err != nil {
			t.Fatal(err)
		}
		if p.facts[rec.Position], err = certs.ParseFacts(b); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCameraFailsInAnEvent(t *testing.T) {
	var log journal
	s := &stage{acts: []act{{frames: midWalk(), lasts: time.Second}, {err: errNone}, {err: errNone}, {frames: 1}}}
	records := play(t, log.logger(), time.Minute, s).records
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
	records := play(t, silent, 10*time.Minute, s).records
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
	play(t, silent, 10*time.Minute, s)
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
	play(t, log.logger(), time.Second, s)
	if !strings.Contains(log.String(), `hint="buy one"`) {
		t.Errorf("log is\n%s", log.String())
	}
}

// Frame rates are fractions of clocks: 30000/1001 is said as people say it.
func TestFrameRateIsRounded(t *testing.T) {
	var log journal
	r := recorder.New(recorder.Config{Cameras: 1, Log: log.logger()})
	c := newCamera(Camera{}, 0, nil, r.Lane(0), log.logger())
	c.works(capture.Info{Name: "x", FPS: 30000.0 / 1001})
	if !strings.Contains(log.String(), " fps=30\n") {
		t.Errorf("log is %s", log.String())
	}
	c.works(capture.Info{Name: "x", FPS: 7.4999})
	if !strings.Contains(log.String(), " fps=7.5\n") {
		t.Errorf("log is %s", log.String())
	}
}
