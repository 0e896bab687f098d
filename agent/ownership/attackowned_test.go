package ownership

import (
	"crypto"
	"errors"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

// Attacks on a camera that has an owner, by those who are not.

// pretender signs with a key of its own, and says that it is another's.
type pretender struct {
	crypto.Signer
	public crypto.PublicKey
}

func (p pretender) Public() crypto.PublicKey { return p.public }

// A cloud sends an old policy, so that somebody who was removed sees again: of this epoch, or of an earlier one of the same
// owner, which had a higher version.
func TestAttackOldPolicyIsReplayed(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	former := viewer(t)
	let := func(p *certs.Policy) { p.Viewers = []certs.Viewer{former.Viewer} }
	before := c.policy(t, func(p *certs.Policy) { let(p); p.Version = 9; p.Viewers[0].Since = 9 })
	if err := c.Apply(before); err != nil {
		t.Fatal(err)
	}
	after := c.policy(t, func(p *certs.Policy) { p.Viewers = nil })
	if err := c.Apply(after); err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(before); !errors.Is(err, ErrOldTerms) {
		t.Errorf("an older policy: %v", err)
	}
	c.end(t)
	c.refuses(t, "a policy, by a camera that nobody owns", c.Apply(before))
	c.claim(t)
	c.refuses(t, "a policy of the former epoch", c.Apply(before))
	c.refuses(t, "a policy of this epoch's number, for the former one's offer", c.Apply(c.policy(t, func(p *certs.Policy) {
		let(p)
		p.OfferHash = certs.HashOf([]byte("the former offer"))
	})))
	if p := c.Terms().Policy; p.Version != 1 || len(p.Viewers) != 0 {
		t.Errorf("version %d with %d viewers is in force", p.Version, len(p.Viewers))
	}
}

// A member of the family, who may view and has keys of his own, signs a policy that lets him do more, or a release.
func TestAttackFamilyMemberSignsAPolicy(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	member := viewer(t)
	if err := c.Apply(c.policy(t, func(p *certs.Policy) { member.Since = p.Version; p.Viewers = []certs.Viewer{member.Viewer} })); err != nil {
		t.Fatal(err)
	}
	for name, as := range map[string]struct {
		owner certs.OwnerID
		key   crypto.Signer
	}{
		"in his own name":     {member.key.ID, member.key.Key},
		"in the owner's name": {c.owner.ID, pretender{member.key.Key, c.owner.Key.Public()}},
	} {
		p := *c.Terms().Policy
		p.Version, p.Owner, p.Recipients, p.Viewers = p.Version+1, as.owner, []string{member.Recipient}, nil
		policy, err := certs.SignPolicy(&p, as.key)
		if err != nil {
			t.Fatal(err)
		}
		c.refuses(t, "a member's policy "+name, c.Apply(policy))
		release, err := certs.SignRelease(&certs.Release{Device: c.device.ID, Owner: as.owner, Epoch: 1, OfferHash: c.Terms().Began}, as.key)
		if err != nil {
			t.Fatal(err)
		}
		c.refuses(t, "a member's release "+name, c.Release(release))
	}
	if n := c.Terms(); n.Policy.Version != 2 || n.Policy.Recipients[0] != c.owner.Recipient || c.Ending() != nil {
		t.Errorf("version %d is in force", n.Policy.Version)
	}
}

// A stranger, or the owner before, lets a camera go that is not his.
func TestAttackReleaseOfAnothersCamera(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	former := c.letGo(t)
	c.end(t)
	c.refuses(t, "a release, by a camera that nobody owns", c.Release(former))
	c.claim(t) // the same owner again
	c.refuses(t, "the release of the epoch before", c.Release(former))
	mallory := certstest.NewOwner(t)
	for what, of := range map[string]struct {
		device certs.DeviceID
		owner  certs.OwnerID
		key    crypto.Signer
	}{
		"a stranger's, in her own name":     {c.device.ID, mallory.ID, mallory.Key},
		"a stranger's, in the owner's name": {c.device.ID, c.owner.ID, pretender{mallory.Key, c.owner.Key.Public()}},
		"the owner's, of another camera":    {certs.NewDeviceID(), c.owner.ID, c.owner.Key},
	} {
		b, err := certs.SignRelease(&certs.Release{Device: of.device, Owner: of.owner, Epoch: 2, OfferHash: c.Terms().Began}, of.key)
		if err != nil {
			t.Fatal(err)
		}
		c.refuses(t, what, c.Release(b))
	}
	if c.Ending() != nil {
		t.Error("the epoch is to be closed")
	}
}

// An owner of other cameras, or a cloud, has the event key renewed to one that the camera did not offer for this epoch.
func TestAttackRenewalOfAnothersKey(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	newest := c.policy(t, func(p *certs.Policy) { p.Renewals = 1 })
	if err := c.Apply(newest); err != nil {
		t.Fatal(err)
	}
	if err := c.Renew(); err != nil {
		t.Fatal(err)
	}
	w, err := c.Waiting()
	if err != nil {
		t.Fatal(err)
	}
	m, err := certs.ParseOfferMessage(w.Message)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := m.ParseOffer(c.fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	before := c.Terms().Event.X5T
	with := func(what string, o *certs.Owner, change func(*certs.SignedOffer), policy []byte) {
		t.Helper()
		made := *offer
		change(&made)
		b, err := o.GrantRenewal(&made, policy)
		if err != nil {
			return // not even he can make one
		}
		c.refuses(t, what, c.Accept(b))
	}
	with("another key", c.owner, func(o *certs.SignedOffer) { o.EventKey = &certstest.NewKey(t).PublicKey }, newest)
	with("an offer that this camera did not make", c.owner, func(o *certs.SignedOffer) { o.Hash = certs.HashOf([]byte("another")) }, newest)
	mallory := certstest.NewOwner(t)
	p := *c.Terms().Policy
	p.Owner = mallory.ID
	theirs, err := certs.SignPolicy(&p, mallory.Key)
	if err != nil {
		t.Fatal(err)
	}
	with("another owner", mallory, func(o *certs.SignedOffer) { o.Owner = mallory.ID }, theirs)
	if c.Terms().Event.X5T != before {
		t.Error("another key signs")
	}
	if err := c.Accept(c.renewal(t, newest)); err != nil || c.Terms().Event.X5T == before {
		t.Errorf("the true one: %v", err)
	}
}
