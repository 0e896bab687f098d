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

// Each test here is one attack. It names the attacker, and then the defence, without which it succeeds.

// Attacker: a cloud, or a window's reflection, that shows the camera the same code twice, so that the owner sees two offers that
// prove one secret. Defence: a code that is pending gives the offer that was made (offer, "p.Code == secret").
func TestReflectionShowsTheCodeAgain(t *testing.T) {
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

// Attacker: somebody who photographed the code of a claim and shows it when the camera is nobody's again. Defence: the codes of
// offers that were made are remembered (former.used).
func TestPhotographOfAnOldCode(t *testing.T) {
	c := newCamera(t)
	c.right = false
	code := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	msg, err := c.Offer(code, nil, c.time)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Accept(c.grant(t, certstest.Offer(t, msg, code.Secret, c.fleet.Cert), certs.Policy{})); err != nil {
		t.Fatal(err)
	}
	c.end(t)
	if _, err := c.Offer(code, nil, c.time); !errors.Is(err, ErrUsedCode) {
		t.Errorf("after its claim and release: %v", err)
	}
	replaced := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	for _, k := range []*certs.ClaimCode{replaced, certs.NewClaimCode(c.owner, c.time.Add(time.Minute))} {
		if _, err := c.Offer(k, nil, c.time); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Offer(replaced, nil, c.time); !errors.Is(err, ErrUsedCode) {
		t.Errorf("after another code took its place: %v", err)
	}
}

// Attacker: a thief who holds his own code before an owned camera. Defence: offer refuses while there are Terms.
func TestThiefClaimsAnOwnedCamera(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	thief := certstest.NewOwner(t)
	if _, err := c.Offer(certs.NewClaimCode(thief, c.time.Add(time.Minute)), nil, c.time); !errors.Is(err, ErrOwned) {
		t.Errorf("second claim: %v", err)
	}
	if w, err := c.Waiting(); w != nil || err != nil {
		t.Errorf("it offers itself: %+v, %v", w, err)
	}
}

// Attacker: the owner of another maker's cameras, or whoever has his page, who shows a code for those. Defence: FitsFleet.
func TestCodeOfAnotherFleet(t *testing.T) {
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

// Attacker: a cloud that kept the grant of an epoch that was released, and sends it once more. Defence: a grant answers the
// offer that is pending (termsOf), which was made with a fresh key.
func TestCloudReplaysAGrant(t *testing.T) {
	c := newCamera(t)
	old := c.grant(t, c.offer(t), certs.Policy{})
	if err := c.Accept(old); err != nil {
		t.Fatal(err)
	}
	c.end(t)
	if err := c.Accept(old); !errors.Is(err, ErrNoClaim) {
		t.Errorf("while nobody's: %v", err)
	}
	c.offer(t)
	if err := c.Accept(old); err == nil || c.Terms() != nil {
		t.Errorf("to another offer: %v", err)
	}
}

// Attacker: a cloud that kept a policy of the same owner's former epoch, with a viewer whom he has removed. Defence: a policy
// names epoch and offer (Terms.with).
func TestCloudReplaysAPolicyOfAFormerEpoch(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	guest := viewer(t)
	old := c.policy(t, func(p *certs.Policy) { p.Viewers, p.Version = []certs.Viewer{guest.Viewer}, 7 })
	if err := c.Apply(old); err != nil {
		t.Fatal(err)
	}
	c.end(t)
	c.claim(t)
	if err := c.Apply(old); err == nil || len(c.Terms().Policy.Viewers) != 0 {
		t.Errorf("policy of the first epoch in the second: %v", err)
	}
}

// Attacker: a cloud that rolls the policy of this epoch back. Defence: versions only rise (apply), also over a renewal and
// a restart (withNewest).
func TestCloudRollsThePolicyBack(t *testing.T) {
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
func TestCloudReplaysARelease(t *testing.T) {
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

// Attacker: a member of the family, who may view clips and live, and would like to remain one, or to let the camera go. Defence:
// only the owner's key signs policies and releases (certs.ParsePolicy, certs.ParseRelease).
func TestFamilyMemberSigns(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	guest := viewer(t)
	if err := c.Apply(c.policy(t, func(p *certs.Policy) { p.Viewers = []certs.Viewer{guest.Viewer}; p.Viewers[0].Since = 2 })); err != nil {
		t.Fatal(err)
	}
	n := c.Terms()
	p := *n.Policy
	p.Version, p.Owner = 3, guest.key.ID
	own, err := certs.SignPolicy(&p, guest.key.Key)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"in his own name": own, "in the owner's": bytes.ReplaceAll(own, guest.key.ID[:], n.Owner[:])} {
		if err := c.Apply(raw); err == nil || c.Terms().Policy.Version != 2 {
			t.Errorf("policy %s: %v", name, err)
		}
	}
	raw, err := certs.SignRelease(&certs.Release{Device: c.device.ID, Owner: guest.key.ID, Epoch: n.Epoch, OfferHash: n.Began}, guest.key.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Release(raw); err == nil || c.Ending() != nil {
		t.Errorf("release: %v", err)
	}
}

// Attacker: an owner, or his visitor, who makes the camera apply settings that nobody sealed to it. Defence: a policy whose
// settings do not open is refused, and the one in force stays so (Terms.with).
func TestSettingsOfAnotherCamera(t *testing.T) {
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

// Attacker: a former owner with a copy of the state folder, or a shop that restores all cameras from one image. Defence: a count
// of epochs outside of the folder (read, "t.Epoch < count").
func TestFormerOwnerRestoresTheStateFolder(t *testing.T) {
	c := newCamera(t)
	outside := identity.Safe{Keys: identity.FileKeys(c.folder), Epochs: identity.FileCounter(t.TempDir() + "/epochs")}
	c.open(t, outside)
	c.claim(t)
	backup := t.TempDir()
	if err := os.CopyFS(backup, os.DirFS(c.folder)); err != nil {
		t.Fatal(err)
	}
	c.end(t)
	c.owner = certstest.NewOwner(t)
	c.claim(t)
	c.folder = backup
	private(t, backup)
	c.open(t, identity.Safe{Keys: identity.FileKeys(backup), Epochs: outside.Epochs})
	if e := c.Ending(); c.Terms() != nil || e == nil || e.Cause != 0 {
		t.Fatalf("the first epoch is in force again: %v, %+v", c.Terms() != nil, e)
	}
	if err := c.Close(certs.Position{Boot: 2, N: 1}); err != nil {
		t.Fatal(err)
	}
	if event, settings := c.keys(t); len(event)+len(settings) > 0 || c.Ending() != nil {
		t.Errorf("keys are left: %q, %q", event, settings)
	}
	if o := c.offer(t); o.Epoch != 3 {
		t.Errorf("it offers epoch %d, not 3", o.Epoch)
	}
}

// Attacker: the same former owner, where the count is a file that was restored too. Defence: the ledger's offer of a later
// epoch, which this camera has signed (Raise).
func TestFormerOwnerRestoresTheCountToo(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	backup := t.TempDir()
	if err := os.CopyFS(backup, os.DirFS(c.folder)); err != nil {
		t.Fatal(err)
	}
	first := c.Terms().Offer
	c.end(t)
	former := c.owner
	c.owner = certstest.NewOwner(t)
	c.claim(t)
	second := c.Terms().Offer
	c.folder, c.owner = backup, former
	private(t, backup)
	c.open(t, identity.Files(backup))
	if c.Terms() == nil {
		t.Fatal("nothing was restored")
	}
	if ended, err := c.Raise(first); ended || err != nil || c.Terms() == nil {
		t.Errorf("the epoch that runs was ended: %v", err)
	}
	if ended, err := c.Raise(second); !ended || err != nil || c.Terms() != nil || c.Ending() == nil {
		t.Fatalf("ended %v, %v", ended, err)
	}
	if err := c.Close(certs.Position{}); err != nil {
		t.Fatal(err)
	}
	if o := c.offer(t); o.Epoch != 3 {
		t.Errorf("it offers epoch %d, not 3", o.Epoch)
	}
}

// Attacker: a cloud that would like to end an ownership by raising the count of epochs, with an offer of a camera that it has
// bought, or with the device id of this one and another key. Defence: Raise takes this camera's own signature only.
func TestCloudRaisesTheEpoch(t *testing.T) {
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
func TestCloudEchoesThePendingOffer(t *testing.T) {
	c := newCamera(t)
	o := c.offer(t)
	if ended, err := c.Raise(o.Raw); ended || err != nil {
		t.Errorf("ended %v, %v", ended, err)
	}
	if err := c.Accept(c.grant(t, o, certs.Policy{})); err != nil {
		t.Errorf("grant after the echo: %v", err)
	}
}

// Attacker: whoever finds the card of a camera that was given away. Defence: Close destroys what signs and opens.
func TestFinderOfACardAfterTheEnd(t *testing.T) {
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
