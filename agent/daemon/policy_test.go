package daemon

import (
	"slices"
	"strings"
	"testing"

	"signet/capture/moment"
	"signet/capture/motion"
	"signet/certs"
	"signet/certs/certstest"
)

func ref(b bool) *bool { return &b }

// set is the owner's next policy, with settings.
func (l *life) set(o *certs.Owner, s certs.Settings) []byte {
	l.t.Helper()
	return l.policy(o, func(p *certs.Policy) {
		offer, err := certs.ParseOffer(l.owner.Terms().Offer, l.rig.Fleet.Cert)
		if err != nil {
			l.t.Fatal(err)
		}
		if p.Settings, err = s.Seal(offer.Settings, o.Recipient); err != nil {
			l.t.Fatal(err)
		}
	})
}

// What the owner sets from afar is done at once, and undone when it is left out again.
func TestSettings(t *testing.T) {
	l := begin(t, 2)
	l.claimBy(l.rig.Owner, certs.Policy{})
	l.recording()
	first := l.cameras[0].pipeline

	l.takePolicy(l.set(l.rig.Owner, certs.Settings{Name: "Hut", Cameras: map[uint8]certs.CameraSettings{
		0: {Name: "Gate", Records: ref(false), Live: ref(false)},
		1: {Clips: ref(false)},
	}}))
	eventually(t, "the first camera pauses, the second makes no clips", func() bool {
		return first.Settings().Paused && l.cameras[1].pipeline.Settings().NoClips
	})
	if s := l.cameras[1].pipeline.Settings(); s.Paused {
		t.Error("the second camera pauses")
	}
	if terms := l.liveTerms(); !terms.Hidden(0) || terms.Hidden(1) || terms.Hidden(8) || terms.Hidden(1<<40) {
		t.Error("live view of the first camera alone is off")
	}
	eventually(t, "the first camera has its name", func() bool { return l.Report().Cameras[0].Name == "Gate" })

	// The configuration may change below the owner's wishes, and does not change them.
	s := moment.DefaultSettings()
	s.Motion.Sensitivity = 7
	if err := l.Set(s, make([][]motion.Zone, 2)); err != nil {
		t.Fatal(err)
	}
	if got := first.Settings(); !got.Paused || got.Motion.Sensitivity != 7 {
		t.Errorf("after a change of the configuration: %+v", got)
	}
	s.Motion.Sensitivity = 70
	if err := l.Set(s, make([][]motion.Zone, 2)); err == nil || first.Settings().Motion.Sensitivity != 7 {
		t.Errorf("a wrong configuration is taken: %v", err)
	}

	l.takePolicy(l.set(l.rig.Owner, certs.Settings{}))
	eventually(t, "all is as configured", func() bool {
		return !first.Settings().Paused && !l.cameras[1].pipeline.Settings().NoClips && l.Report().Cameras[0].Name == ""
	})
	if l.liveTerms().Hidden(0) {
		t.Error("live view is still off")
	}

	l.takePolicy(l.set(l.rig.Owner, certs.Settings{Cameras: map[uint8]certs.CameraSettings{0: {Name: "Gate", Records: ref(false)}}}))
	eventually(t, "the first camera pauses again", func() bool { return first.Settings().Paused })
	l.takeRelease(l.release(l.rig.Owner))
	l.unclaimed()
	if first.Settings().Paused || l.Report().Cameras[0].Name != "" {
		t.Error("an owner's wishes outlive the ownership")
	}
	if l.liveTerms() != nil {
		t.Error("nobody's camera can be watched")
	}
	l.mu.Lock()
	l.broken = true
	l.mu.Unlock()
	l.claimBy(certstest.NewOwner(t), certs.Policy{})
	eventually(t, "the next owner's camera is online", func() bool { return slices.Contains(of(2, l.records()), certs.Online) })
	for _, r := range l.records() {
		if r.Epoch == 2 && len(r.Media) > 0 {
			t.Errorf("%v tells the next owner of a camera that is not there, by the name that the former one gave it", r.Type)
		}
	}
}

// A pause ends the event that runs, with its records.
func TestPauseEndsTheEvent(t *testing.T) {
	l := begin(t, 1, func(c *Config) { c.Cameras[0].Source = endless{} })
	l.claimHere()
	l.recording()
	l.takePolicy(l.set(l.rig.Owner, certs.Settings{Cameras: map[uint8]certs.CameraSettings{0: {Records: ref(false)}}}))
	eventually(t, "the event ends", func() bool {
		all := l.records()
		return !l.recorder.Recording() && all[len(all)-1].Type == certs.Ended
	})
	frames := l.Report().Cameras[0].Frames
	eventually(t, "frames go on", func() bool { return l.Report().Cameras[0].Frames > frames+100 })
	if l.recorder.Recording() {
		t.Error("an event begins in a pause")
	}
}

// The event key is renewed at its owner's wish, in the middle of an event, which loses nothing.
func TestRenewal(t *testing.T) {
	l := begin(t, 1, func(c *Config) { c.Cameras[0].Source = endless{} })
	l.claimHere()
	l.recording()
	before := l.owner.Terms()
	policy := l.policy(l.rig.Owner, func(p *certs.Policy) { p.Renewals = 1 })
	l.takePolicy(policy)
	var msg []byte
	eventually(t, "a renewal is offered", func() bool {
		w, err := l.owner.Waiting()
		if err != nil {
			t.Fatal(err)
		}
		if w != nil && w.Renewal {
			msg = w.Message
		}
		return msg != nil
	})
	m, err := certs.ParseOfferMessage(msg)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := m.ParseOffer(l.rig.Fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := l.rig.Owner.GrantRenewal(offer, policy)
	if err != nil {
		t.Fatal(err)
	}
	if l.owner.Terms().Event.X5T != before.Event.X5T {
		t.Error("another key signs before the grant")
	}
	l.takeGrant(grant)
	l.takeGrant(grant)
	l.inForce()
	eventually(t, "the new key signs", func() bool {
		all := l.records()
		return all[len(all)-1].X5T == l.owner.Terms().Event.X5T && all[len(all)-1].Type == certs.Ended
	})
	var mine []certs.RecordType
	renewed := false
	for _, r := range l.records() {
		if renewed = renewed || r.X5T != before.Event.X5T; renewed && r.X5T == before.Event.X5T {
			t.Errorf("%v is signed with the old key after the new one", r.Type)
		}
		if r.Event != nil || r.Type == certs.Claimed {
			mine = append(mine, r.Type)
		}
	}
	if n := strings.Count(strings.Join(strings.Fields(l.log.String()), " "), "event key renewed"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if !slices.Equal(slices.Compact(mine)[:3], []certs.RecordType{certs.Claimed, certs.Started, certs.Part}) || strings.Count(l.log.String(), "type=claimed") != 2 {
		t.Errorf("records are %v", mine)
	}
}

// A camera whose state folder was restored from a backup believes in an epoch that is over. An offer of its own that the cloud
// remembers tells it; one of another camera does not.
func TestRaise(t *testing.T) {
	l := begin(t, 1)
	l.claimBy(l.rig.Owner, certs.Policy{})
	l.recording()
	later := certs.Offer{Device: l.rig.Device.ID, Owner: certstest.NewOwner(t).ID, Epoch: 7}
	sign := func(o certs.Offer, cert []byte) []byte {
		t.Helper()
		key := certstest.NewKey(t)
		var err error
		if o.CSR, err = certs.EventRequest(o.Device, key, certs.KeyInFile); err != nil {
			t.Fatal(err)
		}
		settings, err := certs.NewSettingsKey()
		if err != nil {
			t.Fatal(err)
		}
		if o.Settings, err = certs.X25519Public(settings.Recipient().String()); err != nil {
			t.Fatal(err)
		}
		b, err := certs.SignOffer(&o, cert, l.rig.Device.Key)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	stranger := certstest.NewCamera(t, l.rig.Fleet)
	l.takeEpoch([]byte("garbage"))
	l.takeEpoch(stranger.Offer)
	if l.owner.Terms() == nil {
		t.Fatal("what is not signed by this camera ended its epoch")
	}
	l.takeEpoch(sign(later, l.rig.Device.Cert))
	l.unclaimed()
	if got := of(1, l.records()); slices.Contains(got, certs.Closed) {
		t.Errorf("an epoch that the cloud has long closed has %v", got)
	}
	next := certstest.NewOwner(t)
	l.claimBy(next, certs.Policy{})
	if e := l.owner.Terms().Epoch; e != 8 {
		t.Errorf("the next claim is of epoch %d", e)
	}
	l.recording()
}
