package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/agent/identity"
	"signet/agent/ownership/ownershiptest"
	"signet/agent/status"
	"signet/capture/moment"
	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/spool"
)

// config is of a rig's camera, and of a cloud that does not answer.
func config(rig *ownershiptest.Rig, s *stage, log *journal) Config {
	return Config{
		Dir: rig.Dir, Cameras: []Camera{{Source: s, Spec: "stage"}}, Moment: moment.DefaultSettings(), FirstWithin: -1,
		MQTT: "127.0.0.1:1", Media: "https://127.0.0.1:1", Live: true, Log: log.logger(),
	}
}

// start runs a daemon. end ends it, and checks that it takes no long and leaves nothing behind.
func start(t *testing.T, cfg Config) (d *Daemon, end func()) {
	t.Helper()
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d, run(t, d)
}

// run runs a daemon, as start does.
func run(t *testing.T, d *Daemon) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	stop := func() {
		cancel()
		asked := time.Now()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if took := time.Since(asked); took > 5*time.Second { // 26 ms when it is alone on the machine, 2026-11-21
			t.Errorf("the end took %v", took)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		eventually(t, "no goroutine is left", func() bool { return len(goroutines()) == 0 })
	}
	ended := false
	end = func() {
		if !ended {
			ended = true
			stop()
		}
	}
	t.Cleanup(end)
	return end
}

// reopen returns what a restarted agent finds in the spool.
func reopen(t *testing.T, rig *ownershiptest.Rig) []*certs.SignedRecord {
	t.Helper()
	s, err := spool.Open(filepath.Join(rig.Dir, "spool"), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return verified(t, rig, s)
}

func TestEndInAnEvent(t *testing.T) {
	rig, log := ownershiptest.New(t), &journal{}
	rig.Claim(t)
	d, end := start(t, config(rig, &stage{acts: []act{{frames: midWalk()}}}, log))
	eventually(t, "an event runs", func() bool { return d.recorder.Recording() && d.recorder.Counters().Records > 2 })
	end()
	records := reopen(t, rig)
	want := []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Part, certs.Ended}
	if got := types(records); !slices.Equal(got, want) {
		t.Fatalf("durable are %v, want %v", got, want)
	}
	for _, r := range records {
		if r.Type != certs.Part {
			continue
		}
		m := r.Media[0]
		path := filepath.Join(rig.Dir, "media", m.Hash.String()+"."+strings.Replace(r.Position.String(), "/", ".", 1))
		b, err := os.ReadFile(path)
		if err != nil || certs.HashOf(b) != m.Hash {
			t.Errorf("clip part of %v is not kept: %v", r.Position, err)
		}
	}
	if facts := d.Report().Cameras[0]; facts.Model != "generated room" || facts.Source != "stage" || facts.Frames == 0 {
		t.Errorf("report says of the camera: %+v", facts)
	}
}

func TestRestartNamesThePreviousEnd(t *testing.T) {
	rig, log := ownershiptest.New(t), &journal{}
	rig.Claim(t)
	s := &stage{acts: []act{{frames: 1}}}
	for range 2 {
		d, end := start(t, config(rig, s, log))
		eventually(t, "it is online", func() bool { return d.spool.Last().N > 0 && d.spool.Last().Boot == d.spool.Boot() })
		end()
	}
	records := reopen(t, rig)
	if got := types(records); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online, certs.Online}) {
		t.Fatalf("records are %v", got)
	}
	first, second := records[1], records[2]
	if second.Previous == nil || *second.Previous != first.Position {
		t.Errorf("the second start names %v, the first ended at %v", second.Previous, first.Position)
	}
}

func TestWaitsForAnOwner(t *testing.T) {
	rig, log, s := ownershiptest.New(t), &journal{}, &stage{acts: []act{{frames: midWalk()}}}
	d, _ := start(t, config(rig, s, log))
	eventually(t, "it says that nobody owns it", func() bool { return strings.Contains(log.String(), "nobody owns this camera") })
	eventually(t, "it answers", func() bool { _, err := status.Read(t.Context(), rig.Dir); return err == nil })
	if len(s.openings()) > 0 {
		t.Error("the camera of nobody was opened")
	}
	rig.Claim(t) // by a State of its own, as another process does
	eventually(t, "it records", func() bool { return d.recorder.Recording() })
	r, err := status.Read(t.Context(), rig.Dir)
	if err != nil || r.Owner != rig.Owner.ID.String() {
		t.Errorf("report names owner %q, %v", r.Owner, err)
	}
}

func TestGrantAndPolicyComeThroughTheUplink(t *testing.T) {
	rig, log := ownershiptest.New(t), &journal{}
	d, _ := start(t, config(rig, &stage{acts: []act{{frames: 1}}}, log))
	thief := certstest.NewOwner(t)
	theirs := ownershiptest.Grant(t, thief, rig.Offer(t, thief)) // replaced by the next offer
	grant := ownershiptest.Grant(t, rig.Owner, rig.Offer(t, rig.Owner))

	d.takeGrant(theirs)
	if d.owner.Terms() != nil {
		t.Fatal("the grant of another offer was taken")
	}
	d.takeGrant(grant)
	d.takeGrant(grant) // the cloud sends it again and again
	eventually(t, "it announces its owner", func() bool { return d.spool.Stats().Pending >= 2 })
	policy := *d.owner.Terms().Policy
	sign := func(o *certs.Owner, version uint64) []byte {
		p := policy
		p.Version = version
		b, err := certs.SignPolicy(&p, o.Key)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	d.takePolicy(sign(rig.Owner, 3))
	d.takePolicy(sign(rig.Owner, 2))
	if v := d.owner.Terms().Policy.Version; v != 3 {
		t.Errorf("policy %d is in force", v)
	}
	d.recorder.Claim() // a record under the new policy
	eventually(t, "a record carries the new version", func() bool {
		records := verified(t, rig, d.spool)
		return records[len(records)-1].PolicyVersion == 3
	})
	for _, want := range []string{"grant refused", "grant accepted", "policy in force"} {
		if n := strings.Count(log.String(), want); n != 1 {
			t.Errorf("%q was logged %d times", want, n)
		}
	}
}

// What waiting does not help is said at once.
func TestNoStart(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*testing.T, *ownershiptest.Rig, *Config)
		want  error
		text  string
	}{
		"in use": {func(t *testing.T, _ *ownershiptest.Rig, cfg *Config) {
			d, err := New(*cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close() })
		}, spool.ErrInUse, "spool is in use by another process"},
		"no identity": {func(t *testing.T, _ *ownershiptest.Rig, cfg *Config) { cfg.Dir = t.TempDir() }, identity.ErrNone, ""},
		"not enrolled": {func(t *testing.T, rig *ownershiptest.Rig, _ *Config) {
			if err := os.Remove(filepath.Join(rig.Dir, "device.pem")); err != nil {
				t.Fatal(err)
			}
		}, identity.ErrNotEnrolled, ""},
		"key readable by others": {func(t *testing.T, rig *ownershiptest.Rig, _ *Config) {
			if err := os.Chmod(filepath.Join(rig.Dir, "device.key"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, certs.ErrExposed, "device.key"},
		"no CA":        {func(_ *testing.T, _ *ownershiptest.Rig, cfg *Config) { cfg.CA = "/nowhere.pem" }, os.ErrNotExist, "cloud.ca: read /nowhere.pem: "},
		"unknown line": {func(_ *testing.T, _ *ownershiptest.Rig, cfg *Config) { cfg.Board.LED = "NOWHERE" }, nil, "board.led"},
		"bad address":  {func(_ *testing.T, _ *ownershiptest.Rig, cfg *Config) { cfg.MQTT = "cloud" }, nil, `"cloud" is not host:port`},
	} {
		t.Run(name, func(t *testing.T) {
			rig, log := ownershiptest.New(t), &journal{}
			rig.Claim(t)
			cfg := config(rig, &stage{acts: []act{{}}}, log)
			c.spoil(t, rig, &cfg)
			_, err := New(cfg)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestEndWhileNobodyOwnsIt(t *testing.T) {
	log := &journal{}
	_, end := start(t, config(ownershiptest.New(t), &stage{acts: []act{{}}}, log))
	eventually(t, "it says that nobody owns it", func() bool { return strings.Contains(log.String(), "nobody owns this camera") })
	end()
}
