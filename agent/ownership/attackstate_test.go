package ownership

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"signet/agent/identity"
	"signet/certs"
	"signet/certs/certstest"
)

// More attacks on a camera. Each names the attacker, and then the defence, without which it was seen to succeed.

// Attacker: a cloud, or a window's reflection, that shows the camera the same code twice, so that the owner sees two offers that
// prove one secret. Defence: a code that is pending gives the offer that was made (offer, "p.Code == secret").
func TestAttackReflectionShowsTheCodeAgain(t *testing.T) {
	c := newCamera(t)
	code := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	first, err := c.Offer(code, []byte("a view"), c.time)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Offer(code, []byte("another view"), c.time)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the same code gave another offer: %v", err)
	}
	c.open(t, identity.Files(c.folder))
	if again, err = c.Offer(code, nil, c.time); err != nil || !bytes.Equal(first, again) {
		t.Errorf("after a restart the same code gave another offer: %v", err)
	}
	if w, err := c.Waiting(); err != nil || w == nil || !bytes.Equal(w.Message, first) {
		t.Errorf("another offer is sent: %v", err)
	}
}

// Attacker: the owner of another maker's cameras, or whoever has his page, who shows a code for those. Defence: FitsFleet.
func TestAttackCodeOfAnotherFleet(t *testing.T) {
	c := newCamera(t)
	code := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	code.NameFleet(certstest.NewFleet(t).Cert)
	if _, err := c.Offer(code, nil, c.time); !errors.Is(err, ErrFleet) {
		t.Errorf("code of another fleet: %v", err)
	}
	code.NameFleet(c.fleet.Cert)
	if _, err := c.Offer(code, nil, c.time); err != nil {
		t.Errorf("code of this fleet: %v", err)
	}
}

// Attacker: a cloud that rolls the policy of this epoch back. Defence: versions only rise (apply), also over a renewal and
// a restart (withNewest).
func TestAttackCloudRollsThePolicyBack(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	old := c.policy(t, nil)
	asks := c.policy(t, func(p *certs.Policy) { p.Version, p.Renewals = 2, 1 })
	newer := c.policy(t, func(p *certs.Policy) { p.Version, p.Renewals = 5, 1 })
	for _, raw := range [][]byte{asks, newer} {
		if err := c.Apply(raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Apply(old); !errors.Is(err, ErrOldTerms) {
		t.Errorf("version 2 after 5: %v", err)
	}
	if err := c.Renew(); err != nil {
		t.Fatal(err)
	}
	if err := c.Accept(c.renewal(t, asks)); err != nil {
		t.Fatal(err)
	}
	if v := c.Terms().Policy.Version; v != 5 {
		t.Errorf("after a renewal granted with version 2 version %d is in force", v)
	}
	c.open(t, identity.Files(c.folder))
	if v := c.Terms().Policy.Version; v != 5 {
		t.Errorf("after a restart version %d is in force", v)
	}
}

// Attacker: a cloud that kept the release of the same owner's former epoch. Defence: a release names epoch and offer (releases).
func TestAttackCloudReplaysARelease(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	old := c.letGo(t)
	c.end(t)
	c.claim(t)
	if err := c.Release(old); err == nil || c.Ending() != nil {
		t.Errorf("release of the first epoch in the second: %v", err)
	}
	// Nor does what is left of it in the folder count.
	if err := os.WriteFile(c.path(endingFile), old, 0o600); err != nil {
		t.Fatal(err)
	}
	c.open(t, identity.Files(c.folder))
	if c.Ending() != nil {
		t.Error("release of the first epoch, found in the folder, ends the second")
	}
}

// Attacker: an owner, or his visitor, who makes the camera apply settings that nobody sealed to it. Defence: a policy whose
// settings do not open is refused, and the one in force stays so (Terms.with).
func TestAttackSettingsOfAnotherCamera(t *testing.T) {
	c := newCamera(t)
	o := c.offer(t)
	own := seal(t, &certs.Settings{Name: "Door"}, o.Settings, c.owner)
	if err := c.Accept(c.grant(t, o, certs.Policy{Settings: own})); err != nil {
		t.Fatal(err)
	}
	other, err := certs.NewSettingsKey()
	if err != nil {
		t.Fatal(err)
	}
	pub, err := certs.X25519Public(other.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	foreign := seal(t, &certs.Settings{Name: "Garage"}, pub, c.owner)
	before := c.Terms()
	if err := c.Apply(c.policy(t, func(p *certs.Policy) { p.Settings = foreign })); err == nil {
		t.Error("settings of another camera were applied")
	}
	if c.Terms() != before || c.Terms().Settings.Name != "Door" {
		t.Errorf("in force is version %d, %+v", c.Terms().Policy.Version, c.Terms().Settings)
	}
}

func seal(t testing.TB, s *certs.Settings, to [32]byte, o *certs.Owner) []byte {
	t.Helper()
	b, err := s.Seal(to, o.Recipient)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Attacker: a cloud that would like to end an ownership by raising the count of epochs, with an offer of a camera that it has
// bought, or with the device id of this one and another key. Defence: Raise takes this camera's own signature only.
func TestAttackCloudRaisesTheEpoch(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	bought := certstest.NewCamera(t, c.fleet)
	twin := certstest.NewCamera(t, c.fleet)
	twin.ID = c.device.ID
	der, err := c.fleet.IssueDevice(&twin.DeviceKey.PublicKey, twin.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	twin.DeviceCert = der
	for name, m := range map[string]*certstest.Camera{"another camera's": bought, "of another key": twin} {
		m.Epoch = 8
		m.Claim(t, c.owner)
		if ended, err := c.Raise(m.Offer); err == nil || ended || c.Terms() == nil {
			t.Errorf("offer %s: %v", name, err)
		}
	}
	if n, err := c.device.Epochs.Read(); n != 1 || err != nil {
		t.Errorf("epoch %d, %v", n, err)
	}
}

// Attacker: a cloud that sends the offer that is pending back, so that the camera forgets it. Defence: Raise leaves that out.
func TestAttackCloudEchoesThePendingOffer(t *testing.T) {
	c := newCamera(t)
	o := c.offer(t)
	if ended, err := c.Raise(o.Raw); ended || err != nil {
		t.Errorf("ended %v, %v", ended, err)
	}
	if err := c.Accept(c.grant(t, o, certs.Policy{})); err != nil {
		t.Errorf("grant after the echo: %v", err)
	}
}

// A camera whose card was put back is one epoch behind, nobody's, and offered in an epoch that the ledger knows: its own offer
// of that epoch tells it, though a claim is pending, and the next claim is of the epoch after.
func TestRaiseOfACardThatIsOneEpochBehind(t *testing.T) {
	c := newCamera(t)
	card := restored(t, c.folder)
	known := c.offer(t)
	c.folder = restored(t, card)
	c.open(t, identity.Files(c.folder))
	doomed := c.offer(t)
	if doomed.Epoch != known.Epoch {
		t.Fatalf("epoch %d, not %d again", doomed.Epoch, known.Epoch)
	}
	if ended, err := c.Raise(known.Raw); ended || err != nil {
		t.Errorf("ended %v, %v", ended, err)
	}
	if err := c.Accept(c.grant(t, doomed, certs.Policy{})); !errors.Is(err, ErrNoClaim) {
		t.Errorf("a grant that the ledger would not take: %v", err)
	}
	if next := c.offer(t); next.Epoch != known.Epoch+1 {
		t.Errorf("the next offer is of epoch %d after %d", next.Epoch, known.Epoch)
	}
}

// Attacker: whoever finds the card of a camera that was given away. Defence: Close destroys what signs and opens.
func TestAttackFinderOfACardAfterTheEnd(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	if err := c.Apply(c.policy(t, func(p *certs.Policy) { p.Renewals = 1 })); err != nil {
		t.Fatal(err)
	}
	if err := c.Renew(); err != nil {
		t.Fatal(err)
	}
	c.end(t)
	if event, settings := c.keys(t); len(event)+len(settings) > 0 {
		t.Errorf("keys are left: %q, %q", event, settings)
	}
	for _, name := range []string{ownedDir, endedDir, pendingDir, endingFile} {
		if exists(c.path(name)) {
			t.Errorf("%s is left", name)
		}
	}
	if n, err := c.device.Epochs.Read(); n != 1 || err != nil {
		t.Errorf("epoch %d, %v", n, err)
	}
}
