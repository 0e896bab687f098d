package daemon

import (
	"slices"
	"strings"
	"testing"
	"time"

	"signet/agent/claiming"
	"signet/board/button"
	"signet/board/led"
	"signet/certs"
	"signet/certs/certstest"
)

var wholeEpoch = []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Part, certs.Ended, certs.Closed}

// An owner comes through the lens, lets the camera go in the middle of an event, another one comes, and so on: each epoch is
// whole, and nothing of one is left in the next.
func TestOwnersComeAndGo(t *testing.T) {
	l := begin(t, 1)
	release := l.release
	ends := []struct {
		cause certs.ClosingCause
		end   func(*certs.Owner)
	}{
		{certs.Released, func(o *certs.Owner) { b := release(o); l.takeRelease(b); l.takeRelease(b) }},
		{certs.Reset, func(*certs.Owner) { l.press(button.Holding, button.Held) }},
		{certs.Reset, func(*certs.Owner) { // by another process
			if err := l.rig.Restart(t).Reset(); err != nil {
				t.Error(err)
			}
		}},
	}
	var owners []*certs.Owner
	for i, c := range ends {
		o := certstest.NewOwner(t)
		owners = append(owners, o)
		l.claimBy(o, certs.Policy{})
		l.recording()
		c.end(o)
		l.unclaimed()
		records := l.records()
		if got := of(uint64(i+1), records); !slices.Equal(got, wholeEpoch) {
			t.Errorf("epoch %d has %v", i+1, got)
		}
		last := records[len(records)-1]
		closing, err := certs.ParseClosing(last.Closing, l.rig.Fleet.Cert)
		if err != nil {
			t.Fatal(err)
		}
		if closing.Cause != c.cause || closing.Last != last.Position || closing.Epoch != uint64(i+1) || closing.Owner != o.ID {
			t.Errorf("closing: %+v of %v", closing, last.Position)
		}
	}
	for _, r := range l.records() {
		if r.Owner != owners[r.Epoch-1].ID {
			t.Errorf("%v of epoch %d is %s's", r.Position, r.Epoch, r.Owner.Short())
		}
	}
	if n := len(l.owner.Drains()); n != 3 || l.Report().Former != 3 {
		t.Errorf("%d epochs drain", n)
	}
	l.press(button.Held)
	eventually(t, "a reset of nobody's camera is told", func() bool { return strings.Contains(l.log.String(), "reset: nobody owns this camera") })
	if strings.Contains(l.log.String(), "panic") {
		t.Errorf("log: %s", l.log.String())
	}
}

// The owner sees what the camera saw, sealed; the code and its secret are in no log.
func TestOfferHoldsTheView(t *testing.T) {
	l := begin(t, 1)
	if s := l.state(); s != led.Looking && s != led.Unowned {
		t.Errorf("the light shows %v", s)
	}
	c, text := code(t, l.rig.Owner, func(c *certs.ClaimCode) {
		c.WiFi = &certs.WiFi{SSID: []byte("mynetwork"), Passphrase: []byte("correct horse")}
	})
	l.show(text)
	msg, err := certs.ParseOfferMessage(l.offered())
	if err != nil {
		t.Fatal(err)
	}
	view, err := certs.Open(msg.View, certs.MaxView, l.rig.Owner.Identity)
	if err != nil || string(view) != string(l.view) {
		t.Errorf("the view has %d bytes: %v", len(view), err)
	}
	if err := msg.Proves(c.Secret); err != nil {
		t.Error(err)
	}
	eventually(t, "the light says that it is offered", func() bool { return l.state() == led.Offered })
	if s := l.Report().Claim; s.State != "offered" || s.Until == nil {
		t.Errorf("report: %+v", s)
	}
	l.noSecret(text, c)
}

func (l *life) noSecret(text string, c *certs.ClaimCode) {
	l.t.Helper()
	for _, secret := range []string{text, text[30:70], strings.ToLower(text[30:70]), "horse", "mynetwork", string(c.Secret[:])} {
		if strings.Contains(l.log.String(), secret) {
			l.t.Errorf("the log holds %q:\n%s", secret, l.log.String())
		}
	}
}

func TestCodesThatAreRefused(t *testing.T) {
	l := begin(t, 2)
	old, oldText := code(t, l.rig.Owner, func(c *certs.ClaimCode) { c.NotAfter = time.Now().Add(-100000 * time.Hour) })
	foreign, foreignText := code(t, l.rig.Owner, func(c *certs.ClaimCode) { c.NameFleet(certstest.NewFleet(t).Cert) })
	for _, c := range []struct {
		code       *certs.ClaimCode
		text, want string
	}{
		{old, oldText, "claim code has expired"},
		{foreign, foreignText, "claim code is for cameras of another fleet"},
		{nil, "SIGNET1:NOTHING", "claim code"},
	} {
		l.show(c.text)
		eventually(t, "it is refused", func() bool { return strings.Contains(l.claim.Status().Refused, c.want) })
		eventually(t, "the light says so", func() bool { return l.state() == led.Refused })
		l.show("")
		l.claim.Open() // else the refusal is shown for a while
		eventually(t, "it looks again", l.claim.Looking)
		if w, err := l.owner.Waiting(); w != nil || err != nil {
			t.Errorf("%q is offered: %v", c.want, err)
		}
		if n := strings.Count(l.log.String(), "code refused"); c.code != nil && n > 2 {
			t.Errorf("%d refusals are told", n)
		}
		if c.code != nil {
			l.noSecret(c.text, c.code)
		}
	}
	fits, text := code(t, l.rig.Owner, func(c *certs.ClaimCode) { c.NameFleet(l.rig.Fleet.Cert) })
	l.show(text)
	certstest.Offer(t, l.offered(), fits.Secret, l.rig.Fleet.Cert)
}

// Two cameras of a device read the same code: it is offered once.
func TestTwoCamerasReadOneCode(t *testing.T) {
	l := begin(t, 2)
	l.claimBy(l.rig.Owner, certs.Policy{})
	l.recording()
	if n := strings.Count(l.log.String(), "claim: code read"); n != 1 {
		t.Errorf("%d codes were read", n)
	}
	if n := strings.Count(l.log.String(), "claim: offered"); n != 1 {
		t.Errorf("%d offers", n)
	}
}

// A code that was used does not make an offer again, to whomever it belongs.
func TestCodeIsGoodOnce(t *testing.T) {
	l := begin(t, 1)
	c, text := code(t, l.rig.Owner)
	l.show(text)
	grant := l.grant(certstest.Offer(t, l.offered(), c.Secret, l.rig.Fleet.Cert))
	l.takeGrant(grant)
	l.inForce()
	l.recording()
	l.takeRelease(l.release(l.rig.Owner))
	eventually(t, "the code is refused", func() bool { return strings.Contains(l.claim.Status().Refused, "used before") })
	l.takeGrant(grant) // replayed
	if l.owner.Terms() != nil {
		t.Error("a grant of an epoch that is over was taken")
	}
	if !strings.Contains(l.log.String(), "grant refused") {
		t.Errorf("log: %s", l.log.String())
	}
}

func (l *life) grant(o *certs.SignedOffer) []byte {
	l.t.Helper()
	b, err := l.rig.Owner.Grant(o, certs.Policy{Recipients: []string{l.rig.Owner.Recipient}})
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// An owned camera's button opens no window; a press of an unowned one's does.
func TestPresses(t *testing.T) {
	l := begin(t, 1, func(c *Config) { c.Claim.Window = 50 * time.Millisecond })
	eventually(t, "the window is over", func() bool {
		return l.claim.Status().State == claiming.Closed && strings.Contains(l.log.String(), "no longer looking")
	})
	eventually(t, "the light says so", func() bool { return l.state() == led.Unowned })
	eventually(t, "its cameras are closed", func() bool { return len(goroutinesOf("(*camera).Run")) == 0 })
	l.press(button.Pressed)
	eventually(t, "it looks again", func() bool { return strings.Count(l.log.String(), "looking for the owner's code") == 2 })
	l.claimHere()
	l.recording()
	l.press(button.Holding)
	if s := l.state(); s != led.Resetting {
		t.Errorf("while the button is held the light shows %v", s)
	}
	l.press(button.LetGo, button.Pressed)
	if s := l.state(); s != led.Recording {
		t.Errorf("the light shows %v", s)
	}
	eventually(t, "the press is told", func() bool { return strings.Count(l.log.String(), "event=pressed") == 2 })
	if l.owner.Ending() != nil || !l.claim.Status().Until.IsZero() {
		t.Error("a button that was let go did something")
	}
}

// What looking takes is there while codes are looked for, and no longer.
func TestNothingIsLeftOfLooking(t *testing.T) {
	l := begin(t, 2)
	sees := func(n int) {
		t.Helper()
		eventually(t, "finders are there, or gone", func() bool { return l.seeing() == n })
	}
	sees(2)
	c, text := code(t, l.rig.Owner)
	l.show(text)
	offer := certstest.Offer(t, l.offered(), c.Secret, l.rig.Fleet.Cert)
	sees(0)
	l.takeGrant(l.grant(offer))
	l.inForce()
	l.recording()
	sees(0)
	l.show("")
	l.takeRelease(l.release(l.rig.Owner))
	sees(2)
}

// goroutinesOf returns those in which a function runs.
func goroutinesOf(function string) (all []string) {
	for _, g := range goroutines() {
		if strings.Contains(g, function) {
			all = append(all, g)
		}
	}
	return all
}
